//! Long-running operations of workspaces: two addresses, each signed, each good for one question.

use serde_json::json;
use time::OffsetDateTime;
use url::Url;

use super::message::{Incoming, Reply};
use super::random::Random;
use super::route::Target;
use super::state::State;

/// Recorded addresses carry some four kilobytes like this.
const CERTIFICATE: &str = "MIIHpTCCBo2gAwIBAgITfwTUApK0";

/// A running or finished operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// Its id.
    id: String,
    /// Position of the workspace.
    workspace: usize,
    /// When it ends; never, when absent.
    ends: Option<OffsetDateTime>,
}

impl State {
    pub(super) fn begin_operation(&mut self, workspace: usize, ends: Option<OffsetDateTime>) -> String {
        let serial = self.next_serial();
        let id = Random::for_purpose(self.world.seed, &format!("operation {serial}")).uuid();
        self.operations.push(Operation { id: id.clone(), workspace, ends });
        id
    }

    /// The 202 with both addresses and without `Retry-After`, as it was recorded.
    pub(super) fn operation_accepted(&mut self, incoming: &Incoming, id: &str) -> Reply {
        let status = self.operation_url(incoming, id, "async");
        let location = self.operation_url(incoming, id, "location");
        Reply::empty(202).header("azure-asyncoperation", &status).header("location", &location)
    }

    /// A freshly signed address. The signature covers everything before it, so that a changed byte is noticed.
    fn operation_url(&mut self, incoming: &Incoming, id: &str, kind: &str) -> String {
        let serial = self.next_serial();
        let at = self.operations.iter().find(|operation| operation.id == id).map_or(0, |operation| operation.workspace);
        let workspace = &self.workspaces[at];
        let version = incoming.query("api-version").unwrap_or_else(|| "2024-04-01".into());
        let unsigned = format!(
            "{}/subscriptions/{}/providers/Microsoft.MachineLearningServices/locations/{}/workspaceOperationsStatus/{id}?api-version={version}&type={kind}&t={serial}&c={}",
            incoming.url.origin().ascii_serialization(),
            workspace.id.subscription(),
            workspace.given.location,
            CERTIFICATE.repeat(140),
        );
        let signature = self.operation_signature(&unsigned);
        self.log.secrets.insert(signature.clone());
        self.log.secrets.insert(CERTIFICATE.to_owned());
        format!("{unsigned}&s={signature}&h=9f_-xA%3D")
    }

    fn operation_signature(&self, unsigned: &str) -> String {
        let mut random = Random::for_purpose(self.world.seed, unsigned);
        let words = [random.draw(), random.draw(), random.draw(), random.draw()];
        words.map(|word| format!("{word:016x}")).concat()
    }

    pub(super) fn get_operation(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let id = target.names.get(1).cloned().unwrap_or_default();
        if !self.is_genuine(&incoming.url) {
            return Reply::gateway_error(403, "InvalidOperationSignature", "The signature of the operation URL does not match.");
        }
        let Some(operation) = self.operations.iter().find(|operation| operation.id.eq_ignore_ascii_case(&id)).cloned() else {
            return Reply::gateway_error(404, "OperationNotFound", "The operation could not be found.");
        };
        let done = operation.ends.is_some_and(|ends| self.now >= ends);
        let by_location = incoming.query("type").is_some_and(|kind| kind == "location");
        match (by_location, done) {
            (false, false) => Reply::json(200, &json!({ "status": "InProgress" })),
            (false, true) => Reply::json(200, &json!({ "status": "Succeeded", "percentComplete": 100.0 })),
            (true, false) => {
                let next = self.operation_url(incoming, &operation.id, "location");
                Reply::empty(202).header("location", &next)
            }
            (true, true) => Reply::json(200, &self.describe_workspace(operation.workspace)),
        }
    }

    fn is_genuine(&self, url: &Url) -> bool {
        let text = url.as_str();
        let Some((unsigned, rest)) = text.rsplit_once("&s=") else { return false };
        rest.split_once("&h=")
            .is_some_and(|(signature, tail)| signature == self.operation_signature(unsigned) && tail == "9f_-xA%3D")
    }
}
