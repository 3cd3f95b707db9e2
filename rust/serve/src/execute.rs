//! One call of execute: raw `inputs` to the four JSON fragments of the answer. The envelope around them, the service's
//! identity and HTTP belong to the host.

use crate::clock::serial_now;
use crate::codec::decode::decode;
use crate::codec::decode::rules::Rules;
use crate::codec::decoded::Layout;
use crate::codec::encode::template::Template;
use crate::codec::encode::wording::Wording;
use crate::codec::encode::writer::Results;
use crate::codec::encode::{Style, Written};
use crate::codec::names::Names;
use crate::codec::phrases::Phrases;
use crate::codec::unmatched::{Name, NameKind, Unmatched};
use crate::engine::{Engine, Work};
use crate::error::ServeError;
use crate::filter;
use crate::limits::Limits;
use crate::stop::StopSignal;
use crate::tally::Tally;
use crate::times::Times;
use crate::validate::validate;
use execd_calc::interface::Interface;
use execd_calc::plan::Plan;
use execd_calc::semantics::function::Env;
use execd_calc::values::budget::Holding;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// A compiled workbook with all that answering calls needs, prepared once.
pub struct Service {
    pub plan: Arc<Plan>,
    pub interface: Arc<Interface>,
    pub(crate) names: Names,
    wording: Wording,
    objects: Template,
    arrays: Template,
}

/// What a caller may ask for besides the inputs.
#[derive(Clone, Debug, Default)]
pub struct ExecuteOptions {
    /// Outputs to keep, see `filter::choose`; none keeps all.
    pub outputs: Vec<String>,
    /// Named in error items.
    pub service: String,
    /// NOW() in Unix seconds; the clock's time if left out.
    pub now: Option<f64>,
    pub limits: Limits,
    /// By the engine's clock.
    pub deadline: Option<Duration>,
    /// Names that match nothing are an error, not a warning.
    pub strict: bool,
    /// Options of the request that have no effect.
    pub ignored: Vec<String>,
    /// Where records with errors are counted, if somebody wants to know.
    pub tally: Option<Arc<Tally>>,
    /// Raise it from another thread to stop the execution.
    pub stop: Arc<StopSignal>,
    /// Where it is added up what the stages take, if somebody wants to know.
    pub times: Option<Arc<Times>>,
}

/// Four JSON values, to be put into an envelope as they are.
#[derive(Debug)]
pub struct Fragments {
    pub outputs: Vec<u8>,
    pub process_time: Vec<u8>,
    pub warnings: Vec<u8>,
    pub errors: Vec<u8>,
    pub records: usize,
    /// Records that have errors.
    pub with_errors: usize,
    /// What they take of the engine's memory.
    pub holding: Option<Holding>,
}

impl Service {
    pub fn new(plan: Arc<Plan>, interface: Arc<Interface>) -> Service {
        let all: Vec<usize> = (0..interface.outputs.len()).collect();
        Service {
            names: Names::new(&interface),
            wording: Wording::new(Arc::clone(&interface), plan.date1904),
            objects: Template::new(&interface, &all, Layout::Objects),
            arrays: Template::new(&interface, &all, Layout::Arrays),
            plan,
            interface,
        }
    }

    /// The environment of an execution at a moment in Unix seconds.
    pub fn env(&self, unix_seconds: f64) -> Env {
        let date1904 = self.plan.date1904;
        Env::new(date1904, serial_now(unix_seconds, date1904))
    }

    /// The environment of an execution: at the moment that the caller names, or now.
    pub fn env_of(&self, engine: &Engine, options: &ExecuteOptions) -> Env {
        self.env(options.now.unwrap_or_else(|| engine.clock().unix().as_secs_f64()))
    }

    /// The outputs that the options ask for, and whatever they name in vain.
    pub fn choose(&self, options: &ExecuteOptions) -> Result<(Vec<usize>, Unmatched), ServeError> {
        let mut unmatched = Unmatched::default();
        for option in &options.ignored {
            unmatched.add(0, Name::new(NameKind::Option, option));
        }
        let chosen = filter::choose(&self.interface, &options.outputs, &options.stop, &mut unmatched)?;
        Ok((chosen, unmatched))
    }

    /// What an execution evaluates.
    pub(crate) fn work<'a>(&'a self, env: &'a Env, options: &'a ExecuteOptions) -> Work<'a> {
        Work {
            plan: &self.plan,
            env,
            stop: &options.stop,
            memory: options.limits.memory,
            times: options.times.as_deref(),
        }
    }

    /// The rules for reading this service's inputs.
    pub fn rules<'a>(&'a self, options: &'a ExecuteOptions) -> Rules<'a> {
        Rules {
            interface: &self.interface,
            names: &self.names,
            limits: &options.limits,
            stop: &options.stop,
            holding: None,
            date1904: self.plan.date1904,
        }
    }

    /// What is said about records, in words.
    pub fn phrases(&self) -> Phrases<'_> {
        Phrases { interface: &self.interface, date1904: self.plan.date1904 }
    }

    pub(crate) fn template(&self, layout: Layout) -> &Template {
        match layout {
            Layout::Objects => &self.objects,
            Layout::Arrays => &self.arrays,
        }
    }
}

/// Answers one call. Stops with the reason soon after the deadline or when the stop signal is raised.
pub fn execute(
    engine: &Engine,
    service: &Service,
    raw_inputs: &[u8],
    options: &ExecuteOptions,
) -> Result<Fragments, ServeError> {
    engine.guarded(options.deadline, &options.stop, || answer(engine, service, raw_inputs, options))
}

fn answer(
    engine: &Engine,
    service: &Service,
    raw_inputs: &[u8],
    options: &ExecuteOptions,
) -> Result<Fragments, ServeError> {
    let (interface, stop) = (&*service.interface, &*options.stop);
    let date1904 = service.plan.date1904;
    let inputs = engine.holding(options.limits.memory);
    let rules = Rules { holding: Some(&inputs), ..service.rules(options) };
    let mut decoded = decode(raw_inputs, rules)?;
    let mut chosen = Vec::new();
    if !(options.outputs.is_empty() && options.ignored.is_empty()) {
        let (outputs, unmatched) = service.choose(options)?;
        chosen = outputs;
        decoded.notes.unmatched.join(&unmatched);
    }
    if options.strict {
        decoded.notes.refuse(interface, 0)?;
    }
    if decoded.batch.records == 0 {
        return Ok(no_records(decoded.nothing));
    }
    let env = service.env_of(engine, options);
    validate(engine, &mut decoded, interface, &env, &options.limits, stop)?;
    let own;
    let template = if options.outputs.is_empty() {
        service.template(decoded.layout)
    } else {
        own = Template::new(interface, &chosen, decoded.layout);
        &own
    };
    let holding = engine.holding(usize::MAX);
    let style = Style {
        template,
        wording: &service.wording,
        notes: &decoded.notes,
        batch: &decoded.batch,
        service: &options.service,
        date1904,
        output_bytes: options.limits.output_bytes,
        written: &AtomicUsize::new(0),
        holding: &holding,
        stop,
    };
    let parts = engine.evaluate(
        &service.work(&env, options),
        &decoded.batch,
        |_| Written::default(),
        |part, frame, block| {
            let columns = template.parts.iter().map(|part| frame.output(part.cell)).collect();
            let refused = block.refused.map(|refused| refused.to_string());
            part.block(
                &style,
                &Results { columns, heap: frame.heap(), refused },
                block.first,
                block.records,
            )?;
            part.process_time(milliseconds_each(block.took, block.records), block.records);
            Ok(())
        },
    )?;
    stop.check()?;
    Ok(join(parts, decoded.batch.records, Some(holding)))
}

fn milliseconds_each(took: Duration, records: usize) -> u64 {
    took.as_micros().div_ceil(1_000 * records.max(1) as u128) as u64
}

fn join(parts: Vec<Written>, records: usize, holding: Option<Holding>) -> Fragments {
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    for part in parts {
        all.outputs.push(&part.outputs.finish());
        all.process_time.extend_from_slice(&part.process_time);
        all.warnings.extend_from_slice(&part.warnings);
        all.errors.extend_from_slice(&part.errors);
        all.with_errors += part.with_errors;
    }
    Fragments {
        outputs: array(all.outputs.finish()),
        process_time: array(all.process_time),
        warnings: array(all.warnings),
        errors: array(all.errors),
        records,
        with_errors: all.with_errors,
        holding,
    }
}

/// `[a,b]` from `,a,b`.
fn array(mut elements: Vec<u8>) -> Vec<u8> {
    if let Some(comma) = elements.first_mut() {
        *comma = b'[';
    }
    elements.push(b']');
    elements
}

/// The answer to a call without records.
fn no_records(nothing: bool) -> Fragments {
    let null = || b"null".to_vec();
    let (warnings, errors) = if nothing {
        (null(), b"[\"Error: No inputs found\"]".to_vec())
    } else {
        (b"[\"Warning: The inputs have a header row and no records\"]".to_vec(), null())
    };
    Fragments {
        outputs: null(),
        process_time: null(),
        warnings,
        errors,
        records: 0,
        with_errors: 0,
        holding: None,
    }
}
