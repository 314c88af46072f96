//! What resolvers take from their context.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;

use super::error::{Code, Fault};
use super::loaders::Loaders;
use super::services::Services;
use crate::identity::{Role, Viewer};
use crate::store::Store;

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

/// What resolvers take from their context. The transport puts an `Option<Viewer>` into every
/// request's data.
pub(super) trait ContextExt<'a> {
    fn services(&self) -> &'a Services;
    fn loader(&self) -> &'a DataLoader<Loaders>;
    /// Who is asking, if anybody has said so.
    fn viewer(&self) -> Option<&'a Viewer>;

    fn store(&self) -> &'a Store {
        &self.services().store
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
        self.data_opt::<Option<Viewer>>().and_then(Option::as_ref)
    }
}
