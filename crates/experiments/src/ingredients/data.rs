//! Data sets by name, loaded once a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fenchel_datasets::{
    Collection, DataDirectory, Dataset, ImageSet, Normalisation, Provenance, Split, glyphs,
};
use fenchel_harness::context::Given;
use fenchel_harness::{Context, Failure};
use fenchel_nn::one_hot;
use fenchel_random::Seed;
use fenchel_tensor::{Real, Shape};
use ndarray::Array2;

/// The number of glyphs drawn for training and for testing.
const GLYPHS: (usize, usize) = (12_000, 2_000);

/// A data set with its normalisation, measured on the training samples.
#[derive(Debug)]
pub struct Data {
    /// The samples to train on.
    pub train: ImageSet,
    /// The samples to judge by.
    pub test: ImageSet,
    /// Mean and deviation of each channel over the training samples.
    pub normalisation: Normalisation,
}

/// The data sets.
pub(super) const NAMES: &str = "glyphs, mnist, fashion-mnist, cifar-10";

/// The number of training samples of a data set; none for an unknown one.
pub(super) fn samples_of(name: &str) -> Option<usize> {
    Some(match name {
        "glyphs" => GLYPHS.0,
        "mnist" | "fashion-mnist" => 60_000,
        "cifar-10" => 50_000,
        _ => return None,
    })
}

/// The number of training samples of a data set, for estimates before it is loaded; 0 for an unknown one.
#[must_use]
pub fn training_samples(name: &str) -> f64 {
    samples_of(name).unwrap_or(0) as f64
}

/// Where data files lie, for what a run is [given](fenchel_harness::context::Given); otherwise wherever each data set
/// looks by default.
#[derive(Clone, Debug)]
pub struct DataFolder(pub PathBuf);

impl DataFolder {
    /// What a run is given for the folder that the command line may name.
    #[must_use]
    pub fn given(folder: Option<&Path>) -> Given {
        folder.map_or_else(Given::default, |folder| Given::new(Self(folder.to_owned())))
    }
}

/// Finds the files of data sets, so that a missing file is known before anything is written.
///
/// # Errors
/// For an unknown name, or files that are missing or damaged: where they were looked for, and the remedy.
pub fn check_data(names: &[String], context: &Context) -> Result<(), Failure> {
    names.iter().try_for_each(|name| Data::shared(name, context).map(|_| ()))
}

impl Data {
    /// The data set called `name` (`glyphs`, `mnist`, `fashion-mnist`, `cifar-10`), loaded by whichever cell comes first.
    ///
    /// # Errors
    /// As for [`check_data`].
    pub fn shared(name: &str, context: &Context) -> Result<Arc<Self>, Failure> {
        context.shared(&format!("data set {name}"), || {
            let Split { train, test } = load(name, context)?;
            for set in [&train, &test] {
                match set.provenance() {
                    Provenance::Files(files) => {
                        for (file, checksum) in files {
                            context.note_checksum(&format!("{name}/{file}"), checksum);
                        }
                    }
                    _ => context.note_checksum(set.name(), &set.fingerprint()),
                }
            }
            let normalisation = Normalisation::measure(&train)?;
            Ok(Self { train, test, normalisation })
        })
    }

    /// The shape of one sample, as a tape needs it.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let shape = self.train.shape();
        Shape::image(shape.channels, shape.height, shape.width)
    }

    /// The number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.train.classes().len()
    }

    /// `size` samples of `set`, drawn without repetition from `seed`, as [`gather`](Self::gather) gives them.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn draw<T: Real + fenchel_datasets::Element>(
        &self,
        set: &ImageSet,
        size: usize,
        seed: Seed,
    ) -> Result<(Array2<T>, Array2<f64>), Failure> {
        let mut indices: Vec<usize> = (0..set.len()).collect();
        if size > indices.len() {
            return Err(format!("{size} samples are asked for, but there are {}", indices.len()).into());
        }
        let (chosen, _) = seed.stream().partial_shuffle(&mut indices, size);
        self.gather(set, chosen)
    }

    /// Samples of `set` as normalised inputs and one-hot targets.
    ///
    /// # Errors
    /// If an index is past the end.
    pub fn gather<T: Real + fenchel_datasets::Element>(
        &self,
        set: &ImageSet,
        indices: &[usize],
    ) -> Result<(Array2<T>, Array2<f64>), Failure> {
        let batch = fenchel_datasets::Batch::<T>::gather(set, indices, &self.normalisation)?;
        let targets = one_hot(&batch.labels, self.classes())?;
        Ok((batch.inputs, targets))
    }
}

fn load(name: &str, context: &Context) -> Result<Split, Failure> {
    if name == "glyphs" {
        // The data set is the same for every seed of an experiment, as a file would be.
        return Ok(glyphs::generate(Seed::new(0).derive("glyphs"), GLYPHS.0, GLYPHS.1));
    }
    let Some(collection) = Collection::ALL.into_iter().find(|collection| collection.name() == name) else {
        return Err(format!("there is no data set `{name}`; the data sets are: {NAMES}").into());
    };
    let folder = context.given::<DataFolder>().map(|DataFolder(folder)| folder.as_path());
    Ok(DataDirectory::find(folder)?.load(collection)?)
}
