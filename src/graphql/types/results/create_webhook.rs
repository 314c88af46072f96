//! What createWebhook answers.

use async_graphql::{SimpleObject, Union};

use crate::endpoint::EndpointError;
use crate::graphql::scalars::to_int;
use crate::graphql::types::webhook::Webhook;
use crate::store::{MAX_WEBHOOKS, WebhookRecord};

/// What became of createWebhook.
#[derive(Clone, Debug, Union)]
pub enum CreateWebhookResult {
    /// It is told of what happens from now on.
    Success(CreateWebhookSuccess),
    /// Its address may not be called; nothing was made.
    AddressRefused(WebhookAddressRefused),
    /// There are as many as there may be; nothing was made.
    TooMany(TooManyWebhooks),
}

/// The webhook is told of what happens from now on.
#[derive(Clone, Debug, SimpleObject)]
pub struct CreateWebhookSuccess {
    /// The webhook.
    webhook: Webhook,
    /// What its messages are signed with, `whsec_` and base64: said this once and never again.
    secret: String,
}

/// An address that may not be called: it cannot be read, is not https, has a password in it, or
/// is, or leads to, an address of a private network.
#[derive(Clone, Debug, SimpleObject)]
pub struct WebhookAddressRefused {
    /// What is wrong with it, for a person.
    pub message: String,
}

/// There are as many webhooks as there may be in all.
#[derive(Clone, Debug, SimpleObject)]
pub struct TooManyWebhooks {
    /// What happened, for a person.
    pub message: String,
    /// How many there may be.
    limit: i32,
}

impl CreateWebhookResult {
    /// That a webhook was made, with its secret; or that there are too many.
    pub(in crate::graphql) fn new(made: Option<WebhookRecord>, secret: String) -> Self {
        match made {
            Some(record) => {
                Self::Success(CreateWebhookSuccess { webhook: Webhook(record), secret })
            }
            None => Self::TooMany(TooManyWebhooks {
                message: format!("there may be at most {MAX_WEBHOOKS} webhooks; nothing was made"),
                limit: to_int(MAX_WEBHOOKS),
            }),
        }
    }
}

impl From<EndpointError> for CreateWebhookResult {
    fn from(error: EndpointError) -> Self {
        Self::AddressRefused(WebhookAddressRefused { message: error.to_string() })
    }
}
