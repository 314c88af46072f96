//! What resolvers take from their context.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;

use super::error::{Code, Fault};
use super::loaders::Loaders;
use super::services::Services;
use crate::account::Account;
use crate::domain::EventId;
use crate::identity::{Asker, Role, Viewer};
use crate::store::reads::PlanVersion;
use crate::store::{ReadLane, Store, StoreError};

/// Whether an execution has looked at who is asking; goes into a request's data. An answer that did
/// not depend on the viewer may be given to others.
#[derive(Clone, Debug, Default)]
pub struct ViewerSeen(Arc<AtomicBool>);

impl ViewerSeen {
    /// Whether any field has looked.
    pub fn was_seen(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Which versions of which events' plans an execution has read; goes into a request's data.
#[derive(Clone, Debug, Default)]
pub struct PlansSeen(Arc<Mutex<Vec<(EventId, PlanVersion)>>>);

impl PlansSeen {
    /// All of them, in no particular order.
    pub fn take(&self) -> Vec<(EventId, PlanVersion)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes one.
    pub(super) fn note(&self, event: EventId, version: PlanVersion) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((event, version));
    }
}

/// What resolvers take from their context. The transport puts an [`Asker`] into every
/// request's data.
pub(super) trait ContextExt<'a> {
    fn services(&self) -> &'a Services;
    fn loader(&self) -> &'a DataLoader<Loaders>;
    /// Who is asking, if anybody has said so.
    fn viewer(&self) -> Option<&'a Viewer>;

    /// With whom the server counts what is done for this request; nobody, if it is executed for
    /// all who ask the same.
    fn account(&self) -> Option<Account>;

    /// Looks something up when it is the turn of whoever asks, in a task of its own. A field whose
    /// neighbour fails is dropped, as is all that a client asked for who has gone; a connection
    /// must not be in its hands then.
    async fn look_up<T, L>(&self, look_up: impl FnOnce(Store) -> L + Send) -> Result<T, Fault>
    where
        T: Send + 'static,
        L: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let store = &self.services().store;
        let lane = self.account().map_or(ReadLane::Keys, ReadLane::Account);
        Ok(store.look_up_in_turn(lane, look_up(store.clone())).await?)
    }

    /// Looks up what has a whole map in it, likewise.
    async fn look_up_map<T, L>(&self, look_up: impl FnOnce(Store) -> L + Send) -> Result<T, Fault>
    where
        T: Send + 'static,
        L: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let store = &self.services().store;
        let lane = self.account().map_or(ReadLane::Maps, ReadLane::Account);
        Ok(store.look_up_map_in_turn(lane, look_up(store.clone())).await?)
    }

    /// Whether whoever asks sells, and may see what buyers may not.
    fn sells(&self) -> bool {
        self.viewer().is_some_and(|viewer| viewer.has_role(Role::Shop))
    }

    /// Who is asking, if that is somebody who may do this: the one way to require a role.
    fn require(&self, role: Role) -> Result<&'a Viewer, Fault> {
        let viewer = self.viewer().ok_or_else(|| {
            Fault::new(
                Code::Unauthenticated,
                "this needs a viewer: send `Authorization: Bearer <token>`; startGuestSession \
                 gives a browser one",
            )
        })?;
        if viewer.has_role(role) {
            Ok(viewer)
        } else {
            Err(Fault::new(Code::Forbidden, "this needs another role than the viewer has"))
        }
    }
}

impl<'a> ContextExt<'a> for Context<'a> {
    fn services(&self) -> &'a Services {
        self.data_unchecked::<Services>()
    }

    fn loader(&self) -> &'a DataLoader<Loaders> {
        self.data_unchecked::<DataLoader<Loaders>>()
    }

    fn viewer(&self) -> Option<&'a Viewer> {
        if let Some(seen) = self.data_opt::<ViewerSeen>() {
            seen.0.store(true, Ordering::Relaxed);
        }
        self.data_opt::<Asker>().and_then(|asker| asker.viewer.as_ref())
    }

    fn account(&self) -> Option<Account> {
        // What is shared must not wait for somebody who has much waiting.
        let is_shared = self.data_opt::<ViewerSeen>().is_some();
        self.data_opt::<Asker>().filter(|_| !is_shared).map(Asker::account)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema};
    use chrono::DateTime;
    use futures_util::FutureExt as _;

    use super::*;
    use crate::domain::ViewerId;

    struct Query;

    #[Object]
    impl Query {
        async fn buyers(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
            Ok(ctx.require(Role::Buyer).map(|_| true)?)
        }

        async fn shops(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
            Ok(ctx.require(Role::Shop).map(|_| true)?)
        }

        async fn admins(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
            Ok(ctx.require(Role::Admin).map(|_| true)?)
        }
    }

    /// The code that a viewer with this token's roles gets, if any.
    fn code(roles: Option<&[Role]>, query: &str) -> Option<String> {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let id = ViewerId::new("alice").unwrap();
        let viewer = roles.map(|roles| Viewer::new(id, roles, DateTime::UNIX_EPOCH));
        let asker = Asker { viewer, address: std::net::Ipv4Addr::LOCALHOST.into() };
        let response = schema.execute(Request::new(query).data(asker)).now_or_never().unwrap();
        let error = response.errors.into_iter().next()?;
        Some(error.extensions?.get("code")?.to_string())
    }

    #[test]
    fn a_role_is_required_of_somebody_and_then_of_the_right_one() {
        let forbidden = Some("\"FORBIDDEN\"");
        for query in ["{ buyers }", "{ shops }", "{ admins }"] {
            assert_eq!(code(None, query).as_deref(), Some("\"UNAUTHENTICATED\""));
            assert_eq!(code(Some(&[Role::Admin]), query), None, "an admin may do what all may");
        }
        assert_eq!(code(Some(&[]), "{ buyers }"), None);
        assert_eq!(code(Some(&[]), "{ shops }").as_deref(), forbidden);
        assert_eq!(code(Some(&[Role::Shop]), "{ shops }"), None);
        assert_eq!(code(Some(&[Role::Shop]), "{ admins }").as_deref(), forbidden);
    }
}
