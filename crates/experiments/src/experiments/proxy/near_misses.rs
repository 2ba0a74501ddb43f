//! Claims that are not quite true: the checkers must see what is wrong with each.

use std::sync::Arc;

use fenchel_convexity::objectives::Region;
use fenchel_convexity::proxy::check::Checked;
use fenchel_convexity::proxy::neuron::{Neuron, NeuronInstance};
use fenchel_convexity::proxy::star_convex::{RootPower, convex, quasar_convex};
use fenchel_convexity::proxy::{Comparator, Descent, Exact, Oracle, ProxyConvex};
use fenchel_convexity::search::SearchConfig;
use fenchel_convexity::verdict::{Hypothesis, Verdict};
use fenchel_harness::Failure;
use fenchel_nn::proxy::SeparableInstance;
use fenchel_random::Seed;
use ndarray::{Array1, ArrayView1};

use super::Settings;
use super::instances::{Instance, functions, networks, neurons};
use super::record::NearMiss;

/// Steps of runs that only have to show an unmet hypothesis.
const STEPS: usize = 50;

/// Two near misses or more of an instance.
pub(super) fn of(instance: Instance, settings: &Settings, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    match instance {
        Instance::Convex | Instance::QuasarConvex => powers(settings, seed),
        Instance::StarConvex => polynomials(settings, seed),
        Instance::Realisable => realisable(settings, seed),
        Instance::Relu => relu(settings, seed),
        Instance::Agnostic => agnostic(settings, seed),
        Instance::TangentSmooth | Instance::TangentLeaky => {
            tangent(settings, instance == Instance::TangentSmooth, seed)
        }
        Instance::SandwichSquared | Instance::SandwichEntropy => {
            sandwich(settings, instance == Instance::SandwichSquared, seed)
        }
        Instance::Separable
        | Instance::SeparableNoise5
        | Instance::SeparableNoise10
        | Instance::SeparableFlat => separable(settings, instance, seed),
    }
}

/// A claim put to the falsifier about a fixed comparator: seen if it is refuted with a certificate.
fn refuted(
    name: &str,
    claim: &ProxyConvex,
    v: ArrayView1<f64>,
    settings: &Settings,
    seed: Seed,
) -> Result<NearMiss, Failure> {
    // A refutation ends the search early, so a budget of some size costs nothing where there is something to find.
    let config = SearchConfig { seed, budget: 20 * settings.budget };
    let verdict = claim.falsify(&Region::Around { point: v.to_vec() }, &config)?;
    let seen = matches!(verdict, Verdict::Violated { .. });
    Ok(NearMiss { name: name.into(), seen, verdict: verdict.to_string() })
}

/// A guarantee on a run: seen if a hypothesis is found not to be met.
fn unmet(name: &str, checked: &Checked) -> NearMiss {
    let obstacle = checked.report.hypotheses.iter().find_map(Hypothesis::obstacle);
    let verdict = obstacle.as_ref().map_or_else(|| checked.verdict().to_string(), ToString::to_string);
    NearMiss { name: name.into(), seen: obstacle.is_some(), verdict }
}

/// P2 with a step beyond its limit.
fn beyond_the_limit(
    oracle: &dyn Oracle,
    start: ArrayView1<f64>,
    comparator: &Comparator,
    smoothness: f64,
) -> Result<NearMiss, Failure> {
    let run = Descent::new(2.01 / smoothness, STEPS)?.gradient(oracle, &start, comparator)?;
    Ok(unmet("a step beyond 2/L2", &comparator.guarantee(&start, smoothness)?.check(&[run])?))
}

fn powers(settings: &Settings, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let p = seed.stream().random_range(0.3..0.9);
    let v = Array1::<f64>::zeros(4);
    let power = RootPower::new(v.to_vec(), p, 1.0)?;
    let f = Arc::new(power.clone());
    let instance = power.instance()?;
    Ok(vec![
        refuted("tau 1 % too large", &quasar_convex(f.clone(), 1.01 * p)?, v.view(), settings, seed)?,
        refuted("a power below 1 claimed to be convex", &convex(f), v.view(), settings, seed)?,
        beyond_the_limit(
            &Exact::new(instance.proxy().clone()),
            (&v + 0.1).view(),
            &instance.comparator(),
            instance.smoothness(),
        )?,
    ])
}

fn polynomials(settings: &Settings, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let (function, minimiser) = functions::polynomial(&mut seed.stream())?;
    let f = Arc::new(function.clone());
    let greedy = quasar_convex(f, 1.01 * function.tau())?;
    let instance = function.instance(0.2)?;
    Ok(vec![
        refuted("tau 1 % too large", &greedy, minimiser.view(), settings, seed)?,
        beyond_the_limit(
            &Exact::new(instance.proxy().clone()),
            (&minimiser + 0.1).view(),
            &instance.comparator(),
            instance.smoothness(),
        )?,
    ])
}

fn realisable(settings: &Settings, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let (inputs, v, start) = neurons::drawn(settings, seed)?;
    let claimed = |slope: f64, gamma: f64| -> Result<NeuronInstance, Failure> {
        let neuron = Neuron::taught(inputs.clone(), &v, slope)?;
        Ok(NeuronInstance::realisable_as_claimed(neuron, v.clone(), gamma)?)
    };
    let honest = claimed(neurons::GAMMA, neurons::GAMMA)?;
    Ok(vec![
        refuted("gamma overstated", claimed(0.1, 0.6)?.proxy(), v.view(), settings, seed)?,
        refuted(
            "an activation that is not increasing",
            claimed(-0.5, 0.3)?.proxy(),
            v.view(),
            settings,
            seed,
        )?,
        beyond_the_limit(&honest.oracle(1)?, start.view(), honest.comparator(), honest.smoothness())?,
    ])
}

fn relu(settings: &Settings, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let (inputs, v, start) = neurons::drawn(settings, seed)?;
    let neuron = Neuron::taught(inputs.clone(), &v, 0.0)?;
    let leaky = NeuronInstance::realisable_as_claimed(neuron, v.clone(), 0.2)?;
    let honest = NeuronInstance::relu(inputs, v.clone())?;
    let oracle = honest.oracle(1)?;
    let run =
        Descent::new(0.1, STEPS)?.gradient(&oracle, &Array1::zeros(v.len()).view(), honest.comparator())?;
    let spread = fenchel_convexity::proxy::neuron::spread(&run);
    Ok(vec![
        refuted("ReLU claimed to have slope 0.2", leaky.proxy(), v.view(), settings, seed)?,
        NearMiss {
            name: "a start where no sample is active".into(),
            seen: spread == 0.0,
            verdict: format!("g / 2f is {spread} on the run: the guarantee holds and says nothing of f"),
        },
        beyond_the_limit(&oracle, start.view(), honest.comparator(), honest.smoothness())?,
    ])
}

fn agnostic(settings: &Settings, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let (inputs, v, start) = neurons::drawn(settings, seed)?;
    let labels = inputs.dot(&v).mapv(|z| if z > 0.0 { z } else { -0.8 * z });
    let folded = NeuronInstance::agnostic_as_claimed(
        Neuron::new(inputs.clone(), labels.clone(), -0.8)?,
        v.clone(),
        0.8,
    )?;
    let honest = NeuronInstance::agnostic(inputs, labels, v.clone(), neurons::GAMMA)?;
    let (oracle, comparator) = (honest.oracle(1)?, honest.comparator());
    let run = Descent::new(0.1, STEPS)?.gradient(&oracle, &start, comparator)?;
    let short = comparator.guarantee(&start, 1e-3 * honest.smoothness())?;
    Ok(vec![
        refuted("an activation that is not increasing", folded.proxy(), v.view(), settings, seed)?,
        unmet("L2 understated", &short.check(&[run])?),
        beyond_the_limit(&oracle, start.view(), comparator, honest.smoothness())?,
    ])
}

fn separable(settings: &Settings, instance: Instance, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let (slope, flipped) = instance.separable().unwrap_or((0.5, 0.0));
    let margin = networks::MARGIN.0;
    let claims = [
        ("a margin overstated", slope, flipped, (1.7 * margin, slope, flipped)),
        ("gamma overstated", slope, flipped, (margin, 1.5 * slope, flipped)),
        ("flipped labels not counted", slope, flipped + 0.1, (margin, slope, flipped)),
        ("an activation that is not increasing", -slope, flipped, (margin, slope, flipped)),
    ];
    claims
        .into_iter()
        .map(|(name, slope, flipped, claimed)| {
            let (task, normal, _) = networks::separable_task(settings, slope, flipped, seed)?;
            let start = task.net().gaussian(0.1, seed);
            let instance = SeparableInstance::new(task, normal, claimed.0, claimed.1, claimed.2)?;
            let run = Descent::new(networks::STEP, STEPS)?.gradient(
                &instance.oracle(1)?,
                &start,
                &instance.comparator()?,
            )?;
            Ok(unmet(name, &instance.check(&[run])?))
        })
        .collect()
}

fn tangent(settings: &Settings, smooth: bool, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let instance = networks::tangent_instance(16, settings.tangent_width, smooth, 1.0, seed)?;
    let found = instance.search(seed, settings.ascent)?;
    let at_v = instance.task().margins(found.v.view())?.loss;
    let oracle = instance.oracle(1)?;
    let at_pair = |name: &str, e: f64| -> Result<NearMiss, Failure> {
        let cheap = Comparator::new(found.v.clone(), at_v + e)?;
        let run = Descent::new(1e-3, 2)?.gradient(&oracle, &found.w, &cheap)?;
        Ok(unmet(name, &instance.check(&[run], &cheap)?))
    };
    Ok(vec![
        at_pair("e = 0, as if the loss were convex", 0.0)?,
        at_pair("half of e", 0.5 * found.e)?,
        beyond_the_limit(
            &oracle,
            instance.start(),
            &instance.comparator(0.5, 20, found.e)?,
            instance.task().radius().powi(2),
        )?,
    ])
}

fn sandwich(settings: &Settings, squared: bool, seed: Seed) -> Result<Vec<NearMiss>, Failure> {
    let instance = networks::sandwich_instance(settings, squared, seed)?;
    let start = instance.gaussian(seed);
    let nowhere = Comparator::new(start.clone(), 0.0)?;
    let run = |step: f64| Descent::new(step, STEPS)?.gradient(&instance, &start, &nowhere);
    let slow = run(networks::SANDWICH_STEP)?;
    let loss = slow.steps()[0].f;
    let smoothness = 1.0 / networks::SANDWICH_STEP;
    // lambda a hundred times the least eigenvalue at the start, far above the largest.
    let greedy = instance.guarantee(loss, 100.0 * instance.lambda_min(start.view())?, smoothness)?;
    let honest = instance.guarantee(loss, 1.0, smoothness)?;
    let fast = run(2.0 * networks::SANDWICH_STEP)?;
    Ok(vec![
        unmet("lambda overstated", &greedy.check(&[slow])?),
        unmet("a step beyond 1/L", &honest.check(&[fast])?),
    ])
}
