//! E3 on two classes of images: averaged pixels, centred, scaled to the unit sphere, and a separating direction found by Gilbert's algorithm.

use fenchel_convexity::proxy::Descent;
use fenchel_datasets::{Dataset, ImageSet};
use fenchel_harness::{Context, Failure};
use fenchel_nn::proxy::{Classification, HiddenLayer, SeparableInstance};
use fenchel_random::Seed;
use fenchel_tensor::Activation;
use ndarray::{Array1, Array2};

use super::Settings;
use super::instances::networks::STEP;
use super::record::{Check, ErrorLog, Images};
use crate::ingredients::Data;

/// Slope of the leaky ReLU.
const SLOPE: f64 = 0.5;
/// Passes of Gilbert's algorithm over the samples.
const PASSES: usize = 4000;

pub(super) fn run(
    settings: &Settings,
    dataset: &str,
    flipped: f64,
    context: &Context,
) -> Result<Images, Failure> {
    let data = Data::shared(dataset, context)?;
    let seed = Seed::new(0).derive("proxy images");
    let (mut train, labels) = two_classes(settings, &data.train, settings.images[0])?;
    let (mut test, test_labels) = two_classes(settings, &data.test, settings.images[1])?;
    // Centred by the training samples, each image of length 1.
    let centre = train.mean_axis(ndarray::Axis(0)).ok_or("no training image")?;
    for set in [&mut train, &mut test] {
        for mut x in set.rows_mut() {
            x -= &centre;
            let length = x.dot(&x).sqrt();
            if length > 0.0 {
                x /= length;
            }
        }
    }
    let direction = separating_direction(&train, &labels)?;
    let margin = (train.dot(&direction) * &labels).iter().copied().fold(f64::INFINITY, f64::min);
    if margin <= 0.0 {
        return Err(format!("the classes {:?} of {dataset} are not separable", settings.classes).into());
    }
    let mut noisy = labels.clone();
    let mut order: Vec<usize> = (0..labels.len()).collect();
    seed.derive("flips").stream().shuffle(&mut order);
    let flips = (flipped * labels.len() as f64).round() as usize;
    order[..flips].iter().for_each(|&i| noisy[i] = -noisy[i]);

    let net = HiddenLayer::new(train.ncols(), settings.width, Activation::LeakyRelu { slope: SLOPE })?;
    let start = net.gaussian(0.1 / (train.ncols() as f64).sqrt(), seed);
    let held_out = Classification::new(net.clone(), test, test_labels)?;
    let task = Classification::new(net, train, noisy)?;
    let share = flips as f64 / labels.len() as f64;
    let instance = SeparableInstance::new(task, direction, margin, SLOPE, share)?;
    let (oracle, comparator) = (instance.oracle(1)?, instance.comparator()?);

    let [steps, stochastic] = settings.image_steps;
    let run = Descent::new(STEP, steps)?.gradient(&oracle, &start, &comparator)?;
    context.progress(1, 3);
    let sgd = Descent::new(STEP, stochastic)?.stochastic(
        &oracle,
        &start,
        &comparator,
        settings.runs,
        seed.derive("sgd"),
    )?;
    context.progress(2, 3);
    let p3 = instance.pl_guarantee(run.steps()[0].f, 1.0 / STEP)?;
    let run = [run];
    let checks = vec![
        Check::of(&instance.check(&run)?, false),
        Check::of(&p3.check(&run)?, false),
        Check::of(&instance.check(&sgd)?, true),
    ];
    Ok(Images {
        margin,
        radius: instance.task().radius(),
        xi: instance.xi(),
        checks,
        errors: errors(&instance, &held_out, start, steps)?,
    })
}

/// The first images of the two classes, pixels averaged over squares, one a row; the first class is +1.
fn two_classes(
    settings: &Settings,
    set: &ImageSet,
    count: usize,
) -> Result<(Array2<f64>, Array1<f64>), Failure> {
    let shape = set.shape();
    let (height, width, pool) = (shape.height, shape.width, settings.pool);
    if height % pool != 0 || width % pool != 0 {
        return Err(format!("`pool` is {pool}, which does not divide {height} x {width}").into());
    }
    let [plus, minus] = settings.classes;
    let chosen: Vec<usize> =
        (0..set.len()).filter(|&i| set.label(i) == plus || set.label(i) == minus).take(count).collect();
    let mut pixels = vec![0.0; shape.channels * height * width];
    let mut rows = Array2::zeros((chosen.len(), (height / pool) * (width / pool)));
    let area = (shape.channels * pool * pool) as f64 * 255.0;
    for (mut row, &i) in rows.rows_mut().into_iter().zip(&chosen) {
        set.write_sample_f64(i, &mut pixels);
        for (at, &pixel) in pixels.iter().enumerate() {
            let (y, x) = (at / width % height, at % width);
            row[y / pool * (width / pool) + x / pool] += pixel / area;
        }
    }
    let labels = chosen.iter().map(|&i| if set.label(i) == plus { 1.0 } else { -1.0 }).collect();
    Ok((rows, labels))
}

/// A unit vector with a large margin: the point of least norm in the hull of the y x, approached by Gilbert's algorithm (1966), is parallel to the best one.
fn separating_direction(inputs: &Array2<f64>, labels: &Array1<f64>) -> Result<Array1<f64>, Failure> {
    let signed = inputs * &labels.view().insert_axis(ndarray::Axis(1));
    let mut z = signed.mean_axis(ndarray::Axis(0)).ok_or("no training image")?;
    for _ in 0..PASSES {
        let products = signed.dot(&z);
        let nearest = (0..products.len()).min_by(|&i, &j| products[i].total_cmp(&products[j])).unwrap_or(0);
        // The least point of the segment from z to that sample.
        let towards = &signed.row(nearest) - &z;
        let length = towards.dot(&towards);
        if length == 0.0 {
            break;
        }
        let t = (-z.dot(&towards) / length).clamp(0.0, 1.0);
        z.scaled_add(t, &towards);
    }
    let norm = z.dot(&z).sqrt();
    if norm > 0.0 { Ok(z / norm) } else { Err("the classes are not separable".into()) }
}

/// Errors and surrogates at about thirty iterates of the same run.
fn errors(
    instance: &SeparableInstance,
    held_out: &Classification,
    start: Array1<f64>,
    steps: usize,
) -> Result<Vec<ErrorLog>, Failure> {
    let (oracle, comparator) = (instance.oracle(1)?, instance.comparator()?);
    let mut logged: Vec<usize> =
        (0..30).map(|k| (steps as f64).powf(f64::from(k) / 29.0).round() as usize).collect();
    logged.dedup();
    let (mut w, mut at) = (start, 0);
    let mut logs = Vec::new();
    for step in logged {
        w = Descent::new(STEP, step - at)?.gradient(&oracle, &w, &comparator)?.last().to_owned();
        at = step;
        let (train, test) = (instance.task().margins(w.view())?, held_out.margins(w.view())?);
        logs.push(ErrorLog {
            step,
            train_error: train.wrong,
            train_surrogate: train.slope,
            test_error: test.wrong,
            test_surrogate: test.slope,
        });
    }
    Ok(logs)
}
