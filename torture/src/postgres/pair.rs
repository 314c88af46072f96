//! A primary and its synchronous standby: what was answered is on both.
//!
//! Invariant: whoever was followed is replaced only by a standby that had all of it. After a
//! failover the new primary answers alone until the old one has been copied anew and follows it.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::time::sleep;

use super::node::Node;
use super::programs::Programs;
use super::template::Template;
use crate::Result;
use crate::clock::Clock;
use crate::proxy::Proxy;

/// How long a standby may take to have everything.
const FOLLOW_MAX: Duration = Duration::from_secs(60);

/// A primary, and perhaps a standby that follows it through a proxy.
pub(crate) struct Pair {
    nodes: [Node; 2],
    primary: usize,
    /// From the standby to the primary.
    pub(crate) link: Proxy,
    has_standby: bool,
}

impl Pair {
    /// Starts both on copies of a template; once the standby follows, they are ready.
    pub(crate) async fn start(
        folder: &Path,
        programs: &Programs,
        template: &Template,
        clock: &Clock,
    ) -> Result<Self> {
        let make = |name| Node::new(name, folder, programs, clock.clone());
        let nodes = [make("a")?, make("b")?];
        let link = Proxy::to(nodes[0].address()).await?;
        for node in &nodes {
            node.lay(template.data())?;
            node.configure(false)?;
        }
        nodes[1].follow(link.address())?;
        let mut pair = Self { nodes, primary: 0, link, has_standby: false };
        pair.nodes[0].answers().await?;
        pair.nodes[1].start()?;
        pair.keep_step().await?;
        Ok(pair)
    }

    /// Who takes writes.
    pub(crate) fn primary(&mut self) -> &mut Node {
        &mut self.nodes[self.primary]
    }

    /// The other one.
    pub(crate) fn standby(&mut self) -> &mut Node {
        &mut self.nodes[1 - self.primary]
    }

    /// Whether the standby has all that was answered.
    pub(crate) fn has_standby(&self) -> bool {
        self.has_standby
    }

    /// The standby becomes the primary. What the old one did not answer may be lost.
    pub(crate) async fn promote(&mut self) -> Result<()> {
        if !self.has_standby {
            return Err("there is no standby that has everything".into());
        }
        self.has_standby = false;
        let heir = self.standby();
        heir.reconfigure(false)?;
        heir.ask("SELECT pg_promote(true, 30)::text").await?;
        self.primary = 1 - self.primary;
        Ok(())
    }

    /// The old primary comes back as a standby, copied anew; whatever it had alone is gone.
    pub(crate) async fn restore_standby(&mut self) -> Result<()> {
        if self.has_standby {
            return Ok(());
        }
        let primary = self.primary().address();
        self.link.lead_to(primary);
        self.link.cut();
        let link = self.link.address();
        let old = self.standby();
        old.signal_all(Signal::SIGCONT)?;
        old.kill().await?;
        old.disk.free()?;
        old.copy(primary).await?;
        old.configure(false)?;
        old.follow(link)?;
        old.start()?;
        self.keep_step().await
    }

    /// Waits until the standby follows, and has the primary wait for it from then on.
    async fn keep_step(&mut self) -> Result<()> {
        const FOLLOWS: &str =
            "SELECT count(*)::text FROM pg_stat_replication WHERE state = 'streaming'";
        const WAITS: &str =
            "SELECT count(*)::text FROM pg_stat_replication WHERE sync_state = 'sync'";
        self.wait_for(FOLLOWS).await?;
        self.primary().reconfigure(true)?;
        self.wait_for(WAITS).await?;
        // Whoever asked before the primary knew that it waits was answered early: one more
        // commit, which does wait, and the standby has all of those.
        self.primary().ask("SELECT pg_current_wal_lsn()::text FROM txid_current()").await?;
        self.has_standby = true;
        Ok(())
    }

    async fn wait_for(&mut self, question: &str) -> Result<()> {
        let started = Instant::now();
        while self.primary().ask(question).await.is_ok_and(|count| count != "1") {
            if !self.standby().runs()? {
                self.standby().start()?;
            }
            if started.elapsed() > FOLLOW_MAX {
                return Err("the standby does not follow".into());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Stops both.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.stop().await?;
        }
        Ok(())
    }
}
