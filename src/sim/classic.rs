//! Classic service management: the call that hands a media account a storage key (AMS v2 article, step 2).

use super::audit::{Author, WriteRecord};
use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

/// What the sample sends and the service demands.
const VERSION: &str = "2011-10-01";

impl State {
    /// The body is the key as a JSON string. Whatever key it is, locators are made under it from now on.
    pub(super) fn put_media_key(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let [subscription, account, storage] = target.names.as_slice() else {
            return error(404, "NotFound", "The resource was not found.");
        };
        if incoming.header("x-ms-version") != VERSION {
            return error(
                400,
                "MissingOrIncorrectVersionHeader",
                "The versioning header is not specified or was specified incorrectly.",
            );
        }
        let named = |face: &&mut super::odata::MediaV2| {
            face.id.name().eq_ignore_ascii_case(account) && face.id.subscription().eq_ignore_ascii_case(subscription)
        };
        let storage = self.account_by_name(storage);
        let body = incoming.json();
        let Some(key) = body.as_str() else {
            return error(400, "BadRequest", "The request body is not a JSON string.");
        };
        let generation = self.keyring.find_in(key);
        let Some(face) = self.media_v2.iter_mut().find(named) else {
            return in_a_string(404, "NotFound", &format!("The specified media services account {account} was not found."));
        };
        let Some(storage) = storage.filter(|storage| face.keys.contains_key(storage)) else {
            return in_a_string(404, "NotFound", "The storage account is not attached to the media services account.");
        };
        let id = face.id.clone();
        self.v2_face_takes(&id, storage, generation);
        self.log.tells.push(id.as_str().to_owned());
        let write = WriteRecord { dependent: id.to_string(), seconds: self.seconds(self.now), author: Author::Caller };
        self.log.writes.push(write);
        Reply::empty(self.world.unknowns.media_v2_key_status)
    }
}

/// What somebody is told who shows no certificate, or one that is not of the subscription ("Service Management Status and Error
/// Codes").
#[cfg(feature = "serve")]
pub(super) fn not_authenticated() -> Reply {
    let message = "The server failed to authenticate the request. Verify that the certificate is valid and is associated with this \
                   subscription.";
    error(403, "ForbiddenError", message)
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<Error xmlns=\"http://schemas.microsoft.com/windowsazure\" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Reply::empty(status).body("application/xml; charset=utf-8", body)
}

/// The other dialect: JSON inside an XML string (dossier, trap 22).
fn in_a_string(status: u16, code: &str, message: &str) -> Reply {
    let json = serde_json::json!({ "Code": code, "Message": message });
    let body = format!("<string xmlns=\"http://schemas.microsoft.com/2003/10/Serialization/\">{json}</string>");
    Reply::empty(status).body("application/xml; charset=utf-8", body)
}
