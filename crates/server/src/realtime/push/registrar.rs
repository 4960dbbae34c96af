//! The registrar: a client says at which channel it wants its notifications, and until when.

use super::channels::{NotifyAt, Order};
use super::connect::{hand, unknown};
use super::id::Key;
use super::token::Holder;
use crate::http::bearer::Payload;
use crate::http::{ApiError, Name, Service};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest name of a registration, in bytes.
const NAME: usize = 128;
/// Longest life of a registration, in seconds.
const TTL_S: u64 = 86_400;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wish {
    #[serde(default)]
    client_description: ClientDescription,
    registration_id: String,
    transports: Transports,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientDescription {
    #[serde(default)]
    app_id: String,
}

#[derive(Deserialize)]
struct Transports {
    #[serde(rename = "TROUTER")]
    trouter: Vec<Transport>,
}

#[derive(Deserialize)]
struct Transport {
    /// The channel's URL.
    path: String,
    /// In seconds.
    #[serde(default = "ttl")]
    ttl: u64,
}

fn ttl() -> u64 {
    TTL_S
}

/// `POST /registrar/v3/registrations`
pub(super) async fn register(
    State(service): State<Arc<Service>>,
    holder: Holder,
    Payload(wish): Payload<Wish>,
) -> Result<StatusCode, ApiError> {
    let name = wish.registration_id;
    if name.is_empty() || name.len() > NAME {
        return Err(ApiError::bad_request(format!("registrationId has 1 to {NAME} bytes")));
    }
    let [transport] = &wish.transports.trouter[..] else {
        return Err(ApiError::bad_request("transports.TROUTER names one channel"));
    };
    let channel = channel(&transport.path, &service.operations.endpoint).ok_or_else(unknown)?;
    // Somebody else's channel looks like none.
    let raw_id = &holder.bearer.principal.raw_id;
    let mail = service.hub.push.register(raw_id, channel, &name).ok_or_else(unknown)?;
    let until = Instant::now() + Duration::from_secs(transport.ttl.min(TTL_S));
    let at = match wish.client_description.app_id.as_str() {
        "AcsAndroid" | "AcsiOS" => NotifyAt::EventName,
        _ => NotifyAt::Messaging,
    };
    hand(&mail, Order::Renew { expires: holder.expires() }).await?;
    hand(&mail, Order::Register { until, at }).await?;
    holder.again(&service).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `DELETE /registrar/v3/registrations/{id}`: also when there is none of that name any more.
pub(super) async fn unregister(
    State(service): State<Arc<Service>>,
    holder: Holder,
    Name(name): Name,
) -> StatusCode {
    for mail in service.hub.push.unregister(&holder.bearer.principal.raw_id, &name) {
        // A channel that has ended hears nothing either.
        let _ = hand(&mail, Order::Unregister).await;
    }
    StatusCode::NO_CONTENT
}

/// The channel of a `surl`.
fn channel(path: &str, endpoint: &str) -> Option<Key> {
    Key::parse(path.strip_prefix(endpoint)?.strip_prefix("/v4/f/")?.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_found_in_its_url() {
        let key = Key::new();
        for good in [format!("https://a:1/v4/f/{key}/"), format!("https://a:1/v4/f/{key}")] {
            assert!(channel(&good, "https://a:1") == Some(key), "{good}");
        }
        for bad in ["", "https://a:1/v4/f/", "https://a:1/v4/f/x/"] {
            assert!(channel(bad, "https://a:1").is_none(), "{bad}");
        }
        assert!(channel(&format!("https://b:1/v4/f/{key}/"), "https://a:1").is_none());
    }
}
