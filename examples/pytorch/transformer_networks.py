"""Small transformers: of images, of token ids, causal, those that PyTorch and torchvision build; and a mixer."""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Attention and two dense layers, each behind a normalisation and beside a shortcut."""

    def __init__(self, features, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(features, eps=1e-6)
        self.attention = nn.MultiheadAttention(features, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(features)
        self.mlp = nn.Sequential(nn.Linear(features, 2 * features), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * features, features))

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 24, 4, stride=4)
        self.class_token = nn.Parameter(torch.randn(1, 1, 24))
        self.positions = nn.Parameter(0.1 * torch.randn(1, 17, 24))
        self.blocks = nn.Sequential(Block(24, 4), Block(24, 2))
        self.ln = nn.LayerNorm(24)
        self.head = nn.Linear(24, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1) + self.positions
        return self.head(self.ln(self.blocks(x))[:, 0])


VIT = """\
name = "vit"
input = [3, 16, 16]
layers = [
  { type = "conv2d", name = "patches", channels = 24, kernel = 4, stride = 4 },
  { type = "image_to_tokens" },
  { type = "prepend_token", name = "class_token" },
  { type = "add_learned", name = "positions" },
  { type = "layer_norm", name = "blocks.0.ln_1", epsilon = 1e-6 },
  { type = "self_attention", name = "blocks.0.attention", heads = 4 },
  { type = "add", name = "attended.0", inputs = ["positions", "blocks.0.attention"] },
  { type = "layer_norm", name = "blocks.0.ln_2" },
  { type = "dense", name = "blocks.0.mlp.0", outputs = 48 },
  { type = "gelu" },
  { type = "dense", name = "blocks.0.mlp.3", outputs = 24 },
  { type = "add", name = "block.0", inputs = ["attended.0", "blocks.0.mlp.3"] },
  { type = "layer_norm", name = "blocks.1.ln_1", epsilon = 1e-6 },
  { type = "self_attention", name = "blocks.1.attention", heads = 2 },
  { type = "add", name = "attended.1", inputs = ["block.0", "blocks.1.attention"] },
  { type = "layer_norm", name = "blocks.1.ln_2" },
  { type = "dense", name = "blocks.1.mlp.0", outputs = 48 },
  { type = "gelu" },
  { type = "dense", name = "blocks.1.mlp.3", outputs = 24 },
  { type = "add", inputs = ["attended.1", "blocks.1.mlp.3"] },
  { type = "layer_norm", name = "ln" },
  { type = "take_token", index = 0 },
  { type = "dense", name = "head", outputs = 10 },
]
"""


class Tokens(nn.Module):
    """A classifier of token ids: the mean over tokens of one encoder layer."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 16)
        self.positions = nn.Embedding(12, 16)
        self.encoder = nn.TransformerEncoderLayer(16, 4, 32, activation="gelu", batch_first=True)
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        x = self.words(x.long()) + self.positions(torch.arange(x.shape[1]))
        return self.head(self.encoder(x).mean(dim=1))


class Encoders(nn.Module):
    """Encoder layers of a sequence of features, with the normalisations first, and back to an image."""

    def __init__(self):
        super().__init__()
        self.into = nn.Linear(6, 12)
        layer = nn.TransformerEncoderLayer(12, 3, 20, dropout=0.2, norm_first=True, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(12), enable_nested_tensor=False)
        self.conv = nn.Conv2d(12, 5, 2)
        self.head = nn.Linear(20, 3)

    def forward(self, x):
        x = self.encoder(self.into(x))
        x = torch.relu(self.conv(x.transpose(1, 2).reshape(-1, 12, 5, 2)))
        return self.head(x.flatten(1))


class Mixer(nn.Module):
    """A block that mixes tokens, then features (Tolstikhin et al., 2021), with a softmax over features for want of another use."""

    def __init__(self):
        super().__init__()
        self.into = nn.Conv2d(3, 10, 3, stride=3)
        self.ln_1, self.ln_2 = nn.LayerNorm(10), nn.LayerNorm(10)
        self.tokens = nn.Sequential(nn.Linear(12, 7), nn.GELU(), nn.Linear(7, 12))
        self.features = nn.Sequential(nn.Linear(10, 9), nn.Softmax(-1), nn.Linear(9, 10))
        self.head = nn.Linear(10, 4)

    def forward(self, x):
        x = self.into(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(self.ln_1(x).transpose(1, 2)).transpose(1, 2)
        return torch.log_softmax(self.head((x + self.features(self.ln_2(x))).mean(1)), 1)


class Causal(nn.Module):
    """Attention written out around scaled_dot_product_attention, with a causal mask."""

    def __init__(self, features=12, heads=3):
        super().__init__()
        self.heads = heads
        self.ln = nn.LayerNorm(features, elementwise_affine=False)
        self.qkv = nn.Linear(features, 3 * features, bias=False)
        self.out = nn.Linear(features, features)

    def forward(self, x):
        count, tokens, features = x.shape
        q, k, v = self.qkv(self.ln(x)).chunk(3, dim=2)
        q, k, v = (part.view(count, tokens, self.heads, features // self.heads).transpose(1, 2) for part in (q, k, v))
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return x + self.out(y.transpose(1, 2).reshape(count, tokens, features))


class Gpt(nn.Module):
    """Causal blocks on token ids; the last token is read."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(15, 12)
        self.positions = nn.Parameter(0.1 * torch.randn(1, 9, 12))
        self.blocks = nn.Sequential(Causal(), Causal())
        self.head = nn.Linear(12, 15)

    def forward(self, x):
        x = self.blocks(self.words(x.long()) + self.positions)
        return self.head(x[:, -1])


def torchvision_vit():
    from torchvision.models import VisionTransformer

    network = VisionTransformer(image_size=16, patch_size=4, num_layers=2, num_heads=3, hidden_dim=24, mlp_dim=48, num_classes=6)
    # A head of zeros, as torchvision starts with, has no Jacobian behind it.
    nn.init.normal_(network.heads.head.weight, std=0.3)
    return network


# Name: the network, its description, or none for fenchel.torch to write it; the shape of a sample, the number of classes.
NETWORKS = {
    "vit": (ViT, VIT, (3, 16, 16), 10),
    "tokens": (Tokens, None, (12,), 4),
    "encoders": (Encoders, None, (10, 6), 3),
    "mixer": (Mixer, None, (3, 9, 12), 4),
    "gpt": (Gpt, None, (9,), 15),
    "torchvision_vit": (torchvision_vit, None, (3, 16, 16), 6),
}

# Networks of token ids: how many there are.
IDS = {"tokens": 20, "gpt": 15}
