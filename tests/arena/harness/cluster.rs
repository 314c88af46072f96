//! One PostgreSQL for the run, and a fresh database for each test.
//!
//! It is the server's own private PostgreSQL, in a temporary folder. A watchdog process stops it
//! and removes the folder when the test process ends, however it ends. `ARENA_TEST_DATABASE_URL`
//! uses another server instead.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use grand_arena::embedded::EmbeddedPostgres;
use grand_arena::store::{ConnectSettings, Store};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::Mutex;

/// The database that others are copied from: migrated, and nobody is connected to it.
const TEMPLATE: &str = "arena_template";

/// A new database with the tables in it; its address.
pub async fn new_database() -> String {
    static COPYING: Mutex<bool> = Mutex::const_new(false);
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let server = server_url();
    let name = format!("arena_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(server).await.unwrap();
    // A template can be copied by one at a time.
    let mut is_template_ready = COPYING.lock().await;
    if !*is_template_ready {
        make_template(server, &mut connection).await;
        *is_template_ready = true;
    }
    let copy = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
    connection.execute(AssertSqlSafe(copy)).await.unwrap();
    database_url(server, &name)
}

/// The address of another database of the same server.
pub fn database_url(server: &str, name: &str) -> String {
    let (before, query) =
        server.split_once('?').map_or((server, None), |(before, query)| (before, Some(query)));
    let (host, _) = before.rsplit_once('/').unwrap();
    query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"))
}

/// The address of the run's server.
pub fn server_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("ARENA_TEST_DATABASE_URL").unwrap_or_else(|_| start()))
}

async fn make_template(server: &str, connection: &mut PgConnection) {
    connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {TEMPLATE}"))).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {TEMPLATE}"))).await.unwrap();
    let url = database_url(server, TEMPLATE);
    assert_eq!(url.parse::<PgConnectOptions>().unwrap().get_database(), Some(TEMPLATE));
    let store =
        Store::connect(&ConnectSettings { url, booking_connections: 1, reading_connections: 1 })
            .await
            .unwrap();
    store.migrate().await.unwrap();
    store.close().await;
}

/// Starts the cluster on a thread of its own, since each test has a runtime of its own.
fn start() -> String {
    let folder = temporary_folder("cluster");
    watch_over(&folder);
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut postgres = EmbeddedPostgres::start(&folder).await.unwrap();
            tell.send(postgres.url().to_owned()).unwrap();
            panic!("the tests' PostgreSQL has ended: {}", postgres.exited().await);
        });
    });
    told.recv().unwrap()
}

/// Another PostgreSQL, in a folder of its own, for a test that needs the whole server.
pub async fn of_its_own(what: &str) -> (PathBuf, EmbeddedPostgres) {
    let folder = temporary_folder(what);
    watch_over(&folder);
    let postgres = EmbeddedPostgres::start(&folder).await.unwrap();
    (folder, postgres)
}

/// A new folder that the user who runs PostgreSQL can reach.
pub fn temporary_folder(what: &str) -> PathBuf {
    let name = format!("grand-arena-test-{what}-{}-{}", std::process::id(), fastrand::u32(..));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

/// Once this process has ended, whatever its end, stops the PostgreSQL in the folder and removes
/// the folder.
pub fn watch_over(folder: &Path) {
    const SCRIPT: &str = r#"
        cat > /dev/null
        kill -QUIT "$(head -n 1 "$1/pgdata/postmaster.pid")"
        sleep 1
        rm -rf "$1"
    "#;
    let mut watchdog = Command::new("sh");
    watchdog.args(["-c", SCRIPT, "watchdog"]).arg(folder).process_group(0);
    // The pipe's other end is ours for as long as we live, and nobody else's.
    let child =
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::mem::forget(child);
}
