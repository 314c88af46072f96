//! What servers warn of: a test fails on every WARN and ERROR of ours that it does not expect.
//!
//! One layer collects them for all tests of this process, and says whose each one is:
//!
//! - a test has a runtime of its own, on which its servers run: what is said on it is the test's;
//! - a desk has another runtime, on threads that are called "desk", and frames are carried by a
//!   third, on "frames". Runtimes are numbered as they are made, and servers and desks are opened
//!   one after another here: a desk is the test's between whose two numbers its own lies.
//!
//! What a server says that runs as a process is read from its standard error.
//!
//! Limits:
//!
//! - Warnings of other crates are shown and do not count: most of them are of slow statements, and
//!   a slow machine is no defect. PostgreSQL's own warnings to us do count.
//! - A copy must be dropped by the test itself: where a task drops the last one, its panic goes
//!   unnoticed, and [`Warnings::check`] is to be called before.
//! - What is said after the test has dropped its last [`super::Arena`] and server is not heard: at
//!   the end of a test, its runtime is taken away while servers run.
//! - What is said on a thread of no runtime, or before the test's first arena, is nobody's. There
//!   is no such thread in a server.
//! - A desk that is not opened in [`Warnings::while_opening`] is nobody's.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{self, Handle};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// The warnings of one test or process. When a copy is dropped, those that came until then and are
/// not expected fail the test.
#[derive(Clone)]
pub struct Warnings(Arc<Collected>);

#[derive(Default)]
struct Collected {
    expected: Mutex<Vec<String>>,
    lines: Mutex<Vec<String>>,
}

/// Whose a warning is.
#[derive(Default)]
struct Owners {
    tests: HashMap<runtime::Id, Arc<Collected>>,
    /// The numbers that the runtime of a desk may have, by when it was opened.
    desks: Vec<(RangeInclusive<u64>, Arc<Collected>)>,
}

impl Warnings {
    /// Those of the test that this runs in.
    pub fn of_this_test() -> Self {
        install();
        Self(Arc::clone(owners().tests.entry(Handle::current().id()).or_default()))
    }

    /// Those of a process, which are to be told to a [`Warnings::listener`].
    pub fn of_a_process() -> Self {
        Self(Arc::default())
    }

    /// A warning that has this in it is all right.
    pub fn expect(&self, text: &str) {
        locked(&self.0.expected).push(text.to_owned());
    }

    /// Whether there was one with this in it.
    pub fn include(&self, text: &str) -> bool {
        locked(&self.0.lines).iter().any(|line| line.contains(text))
    }

    /// Takes note of the lines that a process writes, if they are warnings.
    pub fn listener(&self) -> impl Fn(&str) + Send + 'static {
        let collected = Arc::clone(&self.0);
        move |line| {
            let is_warning = ["WARN", "ERROR"].map(Some).contains(&line.split_whitespace().nth(1));
            if (is_warning && line.contains(" grand_arena::")) || line.contains("panicked at") {
                locked(&collected.lines).push(line.to_owned());
            }
        }
    }

    /// Has a desk opened, whose warnings are then among these; one at a time in this process.
    pub async fn while_opening<T>(&self, opening: impl Future<Output = T>) -> T {
        static OPENING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _alone = OPENING.lock().await;
        let first = number_of_a_new_runtime();
        owners().desks.push((first..=u64::MAX, Arc::clone(&self.0)));
        let opened = opening.await;
        let last = number_of_a_new_runtime();
        owners().desks.last_mut().unwrap().0 = first..=last;
        opened
    }

    /// Fails if there is one so far that is not expected.
    pub fn check(&self) {
        let unexpected = self.unexpected();
        assert!(
            unexpected.is_empty(),
            "a server warned of what the test does not expect:\n{}",
            unexpected.join("\n")
        );
    }

    /// What came so far and is not expected.
    fn unexpected(&self) -> Vec<String> {
        let (expected, lines) = (locked(&self.0.expected), locked(&self.0.lines));
        let is_expected = |line: &String| expected.iter().any(|text| line.contains(text));
        lines.iter().filter(|line| !is_expected(line)).cloned().collect()
    }
}

impl Drop for Warnings {
    fn drop(&mut self) {
        // A test that has failed already says why itself.
        if !std::thread::panicking() {
            self.check();
        }
    }
}

fn owners() -> MutexGuard<'static, Owners> {
    static OWNERS: LazyLock<Mutex<Owners>> = LazyLock::new(Mutex::default);
    locked(&OWNERS)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number_of_a_new_runtime() -> u64 {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let number = number(runtime.handle());
    // Within a runtime another must not be waited for.
    runtime.shutdown_background();
    number
}

fn number(runtime: &Handle) -> u64 {
    runtime.id().to_string().parse().unwrap()
}

impl Owners {
    fn of_this_thread(&self) -> Option<&Arc<Collected>> {
        let runtime = Handle::try_current().ok()?;
        let of_desk = || {
            let number = number(&runtime);
            // An opening that was interrupted has no last number: the newest one counts.
            let desk = self.desks.iter().rev().find(|(numbers, _)| numbers.contains(&number));
            let is_ours = matches!(std::thread::current().name(), Some("desk" | "frames"));
            desk.filter(|_| is_ours).map(|(_, owner)| owner)
        };
        self.tests.get(&runtime.id()).or_else(of_desk)
    }
}

/// Collects warnings and shows them with the test that fails, once for all tests of this process.
fn install() {
    static INSTALLED: LazyLock<()> = LazyLock::new(|| {
        let shown = EnvFilter::new("warn,sqlx_core=error");
        let counted = Targets::new()
            .with_target("grand_arena", LevelFilter::WARN)
            .with_target("sqlx::postgres::notice", LevelFilter::WARN);
        tracing_subscriber::registry()
            .with(fmt::layer().with_test_writer().with_ansi(false).with_filter(shown))
            .with(Collector.with_filter(counted))
            .init();
    });
    LazyLock::force(&INSTALLED);
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if let Some(owner) = owners().of_this_thread() {
            let metadata = event.metadata();
            let mut line = Line(format!("{} {}:", metadata.level(), metadata.target()));
            event.record(&mut line);
            locked(&owner.lines).push(line.0);
        }
    }
}

/// An event in one line.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
        written.unwrap();
    }
}

#[tokio::test]
async fn a_warning_is_the_tests_on_whose_runtime_it_was_given_and_nobody_elses() {
    let warn = || tracing::warn!(target: "grand_arena::nowhere", number = 7, "of no server");
    let warnings = Warnings::of_this_test();
    tokio::task::spawn_blocking(warn).await.unwrap();
    assert!(warnings.include("WARN grand_arena::nowhere: of no server number=7"));
    let on_another = move || {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let others = Warnings::of_this_test();
            tracing::error!(target: "grand_arena::elsewhere", "of another's");
            assert_eq!(others.unexpected(), ["ERROR grand_arena::elsewhere: of another's"]);
            others.expect("of another's");
        });
    };
    std::thread::spawn(on_another).join().unwrap();
    assert_eq!(warnings.unexpected().len(), 1);
    let fails = std::panic::catch_unwind(|| drop(warnings.clone())).unwrap_err();
    assert!(fails.downcast::<String>().unwrap().contains("of no server number=7"));
    warnings.expect("of no server");
    let process = Warnings::of_a_process();
    let hear = process.listener();
    hear("2031-01-01T20:00:00.000000Z  WARN grand_arena::feed::listen: lost");
    hear("2031-01-01T20:00:00.000000Z  INFO grand_arena::feed::listen: found");
    hear("2031-01-01T20:00:00.000000Z  WARN sqlx::query: slow");
    assert_eq!(process.unexpected().len(), 1);
    process.expect("lost");
}
