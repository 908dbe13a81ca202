//! What facts and thresholds are: ratios, burn rates, counts and names, each a type of its own over exact decimals.
//!
//! No fact is a bare number. A ratio compares with a ratio and with the integer 0, a burn rate and a count with plain
//! numbers; every other comparison, equality included, is an error that says what to write and never a quiet `false`.
//! A comparison of a fact is recorded where the fact was read.

use std::cmp::Ordering;
use std::marker::PhantomData;

use rhai::{Array, Dynamic, Engine, INT, ImmutableString, NativeCallContext};
use rust_decimal::Decimal;

use super::complaint::{Complaint, Raised, described};
use super::facts::Read;
use super::length;
use super::{Bearing, Comparison, Value};
use crate::budget::forecast::Exhaustion;

/// What a figure counts: its names, and the numbers that it compares with.
pub(super) trait Unit: Clone + Send + Sync + 'static {
    /// As the engine calls it.
    const NAME: &'static str;
    /// The value as evidence.
    fn value(number: Decimal) -> Value;
    /// The plain number as a figure of this unit; a complaint where they must not meet.
    fn plain(number: Plain) -> Result<Decimal, Complaint>;
}

/// A number without a unit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Plain {
    /// Written without a point.
    Integer(INT),
    /// Written with a point, or divided.
    Decimal(Decimal),
}

impl Plain {
    /// The number.
    fn number(self) -> Decimal {
        match self {
            Self::Integer(number) => Decimal::from(number),
            Self::Decimal(number) => number,
        }
    }
}

/// A share: 0.1 is 10 %.
#[derive(Debug, Clone)]
pub(super) struct Share;

/// A multiple of burning evenly.
#[derive(Debug, Clone)]
pub(super) struct Multiple;

/// A number of events.
#[derive(Debug, Clone)]
pub(super) struct Events;

impl Unit for Share {
    const NAME: &'static str = "ratio";

    fn value(number: Decimal) -> Value {
        Value::Ratio(number)
    }

    fn plain(number: Plain) -> Result<Decimal, Complaint> {
        let (shown, percent) = match number {
            Plain::Integer(0) => return Ok(Decimal::ZERO),
            Plain::Integer(integer) => (format!("the integer `{integer}`"), Decimal::from(integer)),
            Plain::Decimal(decimal) => {
                let percent = match decimal.checked_mul(Decimal::ONE_HUNDRED) {
                    Some(percent) if decimal.abs() <= Decimal::ONE => percent,
                    _ => decimal,
                };
                (format!("the decimal `{decimal}`"), percent)
            }
        };
        let message = format!("a ratio compares with a ratio or with `0`, not with {shown}");
        let help = match number {
            // Of a share 1 is all, and of percent the hundredth part.
            Plain::Integer(1) => "`percent(100)` is all of it, `percent(1)` one part in a hundred".to_owned(),
            Plain::Integer(_) | Plain::Decimal(_) => format!("write percent({})", percent.normalize()),
        };
        Err(Complaint::new(message, help))
    }
}

impl Unit for Multiple {
    const NAME: &'static str = "rate";

    fn value(number: Decimal) -> Value {
        Value::Rate(number)
    }

    fn plain(number: Plain) -> Result<Decimal, Complaint> {
        Ok(number.number())
    }
}

impl Unit for Events {
    const NAME: &'static str = "count";

    fn value(number: Decimal) -> Value {
        Value::Count(number)
    }

    fn plain(number: Plain) -> Result<Decimal, Complaint> {
        Ok(number.number())
    }
}

/// A number of one unit and, where it is a fact as it was read, where that was recorded.
#[derive(Debug, Clone)]
pub(super) struct Figure<U> {
    /// The number.
    number: Decimal,
    /// Where a comparison is recorded.
    read: Option<Read>,
    /// The unit.
    unit: PhantomData<U>,
}

/// A share as a policy sees it.
pub(super) type Ratio = Figure<Share>;
/// A burn rate as a policy sees it.
pub(super) type Rate = Figure<Multiple>;
/// A number of events as a policy sees it.
pub(super) type Count = Figure<Events>;

impl Ratio {
    /// The share.
    pub(super) const fn share(&self) -> Decimal {
        self.number
    }
}

impl<U: Unit> Figure<U> {
    /// A fact, as it was read.
    pub(super) const fn fact(number: Decimal, read: Option<Read>) -> Self {
        Self { number, read, unit: PhantomData }
    }

    /// The number.
    pub(super) const fn number(&self) -> Decimal {
        self.number
    }

    /// A number that is no fact, or no longer.
    const fn of(number: Decimal) -> Self {
        Self::fact(number, None)
    }
}

/// A length of time as a policy sees it: it compares with texts such as `"3d"`.
#[derive(Debug, Clone)]
pub(super) struct Time {
    /// How long; never is longer than any length.
    pub(super) length: Exhaustion,
    /// Where a comparison is recorded.
    pub(super) read: Option<Read>,
}

impl Time {
    /// Compares with a length in seconds, and records it.
    fn against(&self, (name, _, holds): Operator, seconds: i64) -> bool {
        let held = holds(self.length.against(seconds));
        note(self.read.as_ref(), name, held, || Value::Time(seconds.into()));
        held
    }

    /// True when it is at most so many seconds, which is recorded.
    pub(super) fn within(&self, seconds: i64) -> bool {
        self.against(("<=", ">=", Ordering::is_le), seconds)
    }
}

/// A length of time as evidence.
pub(super) const fn later(length: Exhaustion) -> Value {
    match length {
        Exhaustion::In(seconds) => Value::Time(seconds),
        Exhaustion::Never => Value::Never,
    }
}

/// Whether a fact compares with a number in this way, which is recorded.
pub(super) fn holds<U: Unit>(fact: &Figure<U>, operator: &str, number: Decimal) -> bool {
    let operator = COMPARISONS.into_iter().find(|(name, _, _)| *name == operator);
    operator.is_some_and(|operator| compare(operator, fact, &Figure::of(number)))
}

/// A name that a policy may compare with texts: of a service, an SLO, an environment.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// The name.
    pub(super) text: ImmutableString,
    /// Where a comparison is recorded.
    pub(super) read: Option<Read>,
}

/// An operator, the operator that says the same with its sides exchanged, and when it holds.
type Operator = (&'static str, &'static str, fn(Ordering) -> bool);

/// The six comparisons.
const COMPARISONS: [Operator; 6] = [
    ("<", ">", Ordering::is_lt),
    ("<=", ">=", Ordering::is_le),
    (">", "<", Ordering::is_gt),
    (">=", "<=", Ordering::is_ge),
    ("==", "==", Ordering::is_eq),
    ("!=", "!=", Ordering::is_ne),
];

/// Teaches an engine values and their operators.
pub(super) fn register(engine: &mut Engine) {
    register_unit::<Share>(engine);
    register_unit::<Multiple>(engine);
    register_unit::<Events>(engine);
    register_names(engine);
    register_times(engine);
    register_numbers(engine);
    engine.register_fn("percent", |number: INT| percent(Plain::Integer(number)));
    engine.register_fn("percent", |number: Decimal| percent(Plain::Decimal(number)));
    // A share of two counts is a ratio; it is the one division that leaves its unit.
    engine.register_fn("/", |part: Count, whole: Count| divided(part.number, whole.number).map(Ratio::of));
    register_lists(engine);
    register_printing(engine);
    // The engine prefers an exact overload, so that these are reached by all that must not meet.
    for (operator, _, _) in COMPARISONS {
        let refuse = move |context: NativeCallContext<'_>, left: Dynamic, right: Dynamic| {
            Err::<bool, Raised>(cannot_compare(&context, operator, &left, &right).into())
        };
        engine.register_fn(operator, refuse);
    }
}

/// `percent(10)`.
fn percent(number: Plain) -> Result<Ratio, Raised> {
    divided(number.number(), Decimal::ONE_HUNDRED).map(Ratio::of)
}

/// The complaint about two values that have no common measure.
fn cannot_compare(
    context: &NativeCallContext<'_>,
    operator: &'static str,
    left: &Dynamic,
    right: &Dynamic,
) -> Complaint {
    let engine = context.engine();
    let message = format!(
        "{} cannot be compared with {} by `{operator}`",
        described(engine, left),
        described(engine, right)
    );
    Complaint::new(message, comparable(operator, left, right))
}

/// What to compare instead of two values that have no common measure.
fn comparable(operator: &str, left: &Dynamic, right: &Dynamic) -> String {
    let either = [left, right];
    let any = |is: fn(&Dynamic) -> bool| either.into_iter().any(is);
    let number = any(|value| value.is::<Rate>() || value.is::<Count>());
    let ratio = any(Dynamic::is::<Ratio>);
    let text = either.into_iter().find(|value| value.is_string());
    let text = text.and_then(|value| value.clone().into_immutable_string().ok());
    let written = text.as_ref().map(|text| text.trim_end_matches(['x', 'X', '%']).trim());
    let written = written.and_then(|text| text.parse::<Decimal>().ok());
    if left.is_bool() && operator.starts_with(['<', '>']) {
        return "join two comparisons with `&&`: `0 <= a && a <= b`".to_owned();
    }
    match written {
        Some(written) if number => return format!("write the number without quotes: {written}"),
        Some(written) if ratio => return format!("write percent({written})"),
        _ => {}
    }
    let help = if number && ratio && any(Dynamic::is::<Rate>) {
        "a burn rate compares with a number, such as `6`"
    } else if number && ratio {
        "a count compares with a number, such as `1000`"
    } else if ratio {
        "compare a ratio with a ratio: write percent(10)"
    } else if any(Dynamic::is::<Time>) {
        "compare a length of time with a text: write \"3d\""
    } else {
        "compare like with like"
    };
    help.to_owned()
}

/// The operators of one unit.
fn register_unit<U: Unit>(engine: &mut Engine) {
    engine.register_type_with_name::<Figure<U>>(U::NAME);
    for operator in COMPARISONS {
        let (name, mirrored, _) = operator;
        engine.register_fn(name, move |left: Figure<U>, right: Figure<U>| compare(operator, &left, &right));
        engine.register_fn(name, move |left: Figure<U>, right: INT| {
            with_plain(operator, &left, Plain::Integer(right))
        });
        engine.register_fn(name, move |left: Figure<U>, right: Decimal| {
            with_plain(operator, &left, Plain::Decimal(right))
        });
        let exchanged = COMPARISONS.into_iter().find(|(name, _, _)| *name == mirrored).unwrap_or(operator);
        engine.register_fn(name, move |left: INT, right: Figure<U>| {
            with_plain(exchanged, &right, Plain::Integer(left))
        });
        engine.register_fn(name, move |left: Decimal, right: Figure<U>| {
            with_plain(exchanged, &right, Plain::Decimal(left))
        });
    }
    let sum = |number: Option<Decimal>| Ok::<_, Raised>(number.map(Figure::<U>::of).ok_or_else(too_large)?);
    engine.register_fn("+", move |a: Figure<U>, b: Figure<U>| sum(a.number.checked_add(b.number)));
    engine.register_fn("-", move |a: Figure<U>, b: Figure<U>| sum(a.number.checked_sub(b.number)));
    engine.register_fn("-", |a: Figure<U>| Figure::<U>::of(-a.number));
    engine.register_fn("*", move |a: Figure<U>, b: INT| sum(a.number.checked_mul(b.into())));
    engine.register_fn("*", move |a: Figure<U>, b: Decimal| sum(a.number.checked_mul(b)));
    engine.register_fn("*", move |a: INT, b: Figure<U>| sum(b.number.checked_mul(a.into())));
    engine.register_fn("*", move |a: Decimal, b: Figure<U>| sum(b.number.checked_mul(a)));
    engine.register_fn("/", |a: Figure<U>, b: INT| divided(a.number, b.into()).map(Figure::<U>::of));
    engine.register_fn("/", |a: Figure<U>, b: Decimal| divided(a.number, b).map(Figure::<U>::of));
}

/// Compares two figures and records it with each of them that is a fact.
fn compare<U: Unit>(operator: Operator, left: &Figure<U>, right: &Figure<U>) -> bool {
    let (name, mirrored, holds) = operator;
    let held = holds(left.number.cmp(&right.number));
    note(left.read.as_ref(), name, held, || U::value(right.number));
    note(right.read.as_ref(), mirrored, held, || U::value(left.number));
    held
}

/// Compares a figure with a plain number, where they may meet.
fn with_plain<U: Unit>(operator: Operator, left: &Figure<U>, right: Plain) -> Result<bool, Raised> {
    let threshold = U::plain(right)?;
    Ok(compare(operator, left, &Figure::of(threshold)))
}

/// Records a comparison, where there is a record.
fn note(read: Option<&Read>, operator: &'static str, held: bool, threshold: impl FnOnce() -> Value) {
    if let Some(read) = read {
        read.compared(Comparison { operator, threshold: threshold(), held, bearing: Bearing::Unclear });
    }
}

/// A quotient.
fn divided(dividend: Decimal, divisor: Decimal) -> Result<Decimal, Raised> {
    if divisor.is_zero() {
        return Err(Complaint::new("division by zero", "").into());
    }
    Ok(dividend.checked_div(divisor).ok_or_else(too_large)?)
}

/// The complaint about a result that no decimal holds.
fn too_large() -> Complaint {
    Complaint::new("the number grows too large", "")
}

/// Names compare with texts, by equality only.
fn register_names(engine: &mut Engine) {
    engine.register_type_with_name::<Name>("name");
    for (operator, _, holds) in COMPARISONS.into_iter().filter(|(name, _, _)| matches!(*name, "==" | "!=")) {
        let against = move |name: &Name, text: &str| {
            let held = holds(name.text.as_str().cmp(text));
            note(name.read.as_ref(), operator, held, || Value::Text(text.to_owned()));
            held
        };
        engine.register_fn(operator, move |left: Name, right: ImmutableString| against(&left, &right));
        engine.register_fn(operator, move |left: ImmutableString, right: Name| against(&right, &left));
        engine.register_fn(operator, move |left: Name, right: Name| against(&left, &right.text));
        engine.register_fn(operator, move |left: ImmutableString, right: ImmutableString| {
            holds(left.as_str().cmp(right.as_str()))
        });
        engine.register_fn(operator, move |left: bool, right: bool| holds(left.cmp(&right)));
    }
}

/// Lengths of time compare with texts.
fn register_times(engine: &mut Engine) {
    engine.register_type_with_name::<Time>("time");
    for operator in COMPARISONS {
        let (name, mirrored, _) = operator;
        engine.register_fn(name, move |left: Time, right: &str| -> Result<bool, Raised> {
            Ok(left.against(operator, length::read(right)?))
        });
        let exchanged = COMPARISONS.into_iter().find(|(name, _, _)| *name == mirrored).unwrap_or(operator);
        engine.register_fn(name, move |left: &str, right: Time| -> Result<bool, Raised> {
            Ok(right.against(exchanged, length::read(left)?))
        });
    }
}

/// Plain numbers: integers and decimals mix, and a division is never cut to an integer.
fn register_numbers(engine: &mut Engine) {
    for (operator, _, holds) in COMPARISONS {
        engine.register_fn(operator, move |left: INT, right: INT| holds(left.cmp(&right)));
        engine.register_fn(operator, move |left: Decimal, right: Decimal| holds(left.cmp(&right)));
        engine.register_fn(operator, move |left: INT, right: Decimal| holds(Decimal::from(left).cmp(&right)));
        engine.register_fn(operator, move |left: Decimal, right: INT| holds(left.cmp(&right.into())));
    }
    engine.register_fn("/", |left: INT, right: INT| divided(left.into(), right.into()));
    engine.register_fn("-", |number: INT| Ok::<_, Raised>(number.checked_neg().ok_or_else(too_large)?));
    engine.register_fn("-", |number: Decimal| -number);
    engine.register_fn("!", |truth: bool| !truth);
    engine.register_fn("/=", |_: &mut INT, _: INT| {
        let complaint = Complaint::new("`/=` would cut an integer", "write `x = x / y`, which is a decimal");
        Err::<(), Raised>(complaint.into())
    });
}

/// `name in ["a", "b"]`, for texts alone: a list of anything else has no common measure.
fn register_lists(engine: &mut Engine) {
    let contains = |list: Array, text: &str| {
        let mut found = false;
        for part in list {
            let part = part.into_immutable_string().map_err(|kind| {
                let message = format!("`in` looks for a text in a list of texts, and there is {kind} in it");
                Complaint::new(message, "write the list's elements in quotes")
            })?;
            found |= part.as_str() == text;
        }
        Ok::<bool, Raised>(found)
    };
    engine.register_fn("contains", move |list: Array, text: ImmutableString| contains(list, &text));
    engine.register_fn("contains", move |list: Array, name: Name| contains(list, &name.text));
}

/// What `print` and `debug` show. Nothing else turns a fact into text.
fn register_printing(engine: &mut Engine) {
    /// Shows a figure.
    fn figure<U: Unit>(engine: &mut Engine, name: &str) {
        engine.register_fn(name, |figure: &mut Figure<U>| {
            format!("{} ({})", figure.number.normalize(), U::NAME)
        });
    }
    for name in ["print", "debug"] {
        engine.register_fn(name, |text: ImmutableString| text);
        engine.register_fn(name, |number: INT| number.to_string());
        engine.register_fn(name, |number: Decimal| number.to_string());
        engine.register_fn(name, |truth: bool| truth.to_string());
        engine.register_fn(name, |name: &mut Name| name.text.clone());
        engine.register_fn(name, |time: &mut Time| match time.length {
            Exhaustion::In(seconds) => format!("{}s", seconds.round()),
            Exhaustion::Never => "never".to_owned(),
        });
        figure::<Share>(engine, name);
        figure::<Multiple>(engine, name);
        figure::<Events>(engine, name);
    }
}
