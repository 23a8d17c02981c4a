//! One call on its way: how long it takes, which fault befalls it, what arrives.

use std::time::Duration;

use time::format_description::well_known::Rfc2822;

use crate::contract::world::{FaultKind, Moment};
use crate::domain::key::Slot;

use super::audit::{Answer, Author};
use super::fault::Twist;
use super::message::{Incoming, Reply};
use super::route::{Route, Target};
use super::simulator::milliseconds;
use super::state::State;

/// How old a stale answer may be: as long as storage keys take to spread.
const STALE: time::Duration = time::Duration::minutes(10);

/// What was decided about a call when it left.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    /// What goes wrong.
    pub fault: Option<FaultKind>,
    /// The caller's process dies at this moment of the call.
    pub crash: Option<Moment>,
    /// How long the request travels.
    pub there: Duration,
    /// How long the answer travels.
    pub back: Duration,
    /// The dependent that the call writes, while it is under way.
    pub writes: Option<String>,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
    /// An answer.
    Answered(Reply),
    /// No connection.
    Refused,
    /// The connection broke.
    Reset,
}

impl Delivery {
    /// Whether the caller's process dies at this moment of the call.
    pub(super) fn crashes(&self, moment: Moment) -> bool {
        self.crash == Some(moment) || self.fault == Some(FaultKind::Crash { moment })
    }
}

impl State {
    /// Counts a call and decides what befalls it.
    pub(super) fn depart(&mut self, incoming: &Incoming, target: &Target) -> Delivery {
        let route = target.route.name();
        *self.log.calls.entry(route).or_default() += 1;
        let fault = self.schedule.hit(route);
        if let Some(fault) = &fault {
            *self.log.faults.entry((fault.name(), route)).or_default() += 1;
        }
        let latency = self.world.unknowns.latency_milliseconds;
        let there = milliseconds(self.random.between(latency.min, latency.max) / 2);
        let mut back = there;
        if let Some(FaultKind::Slow { seconds }) = fault {
            back += Duration::from_secs(seconds);
        }
        let writes = matches!(target.route, Route::DatastorePut | Route::SecretPut)
            .then(|| format!("{}{}", incoming.authority(), incoming.url.path()).to_ascii_lowercase());
        if let Some(dependent) = &writes
            && !self.under_way.insert(dependent.clone())
        {
            self.log.overlapping_writes.push(dependent.clone());
        }
        Delivery { fault, crash: None, there, back, writes }
    }

    /// The request arrives, and is written down with what came of it.
    pub(super) fn arrive(&mut self, incoming: &Incoming, target: &Target, delivery: &Delivery) -> Arrival {
        let arrival = self.carry_out(incoming, target, delivery);
        let outcome = match &arrival {
            Arrival::Answered(reply) => reply.status.to_string(),
            Arrival::Refused => "refused".to_owned(),
            Arrival::Reset => "reset".to_owned(),
        };
        let fault = delivery.fault.as_ref().map_or(String::new(), |fault| format!(" [{}]", fault.name()));
        let place = format!("{}{}", incoming.authority(), incoming.url.path());
        self.log.trace.push(format!("+{}s {} {outcome} {place}{fault}", self.seconds(self.now), target.route.name()));
        self.log.client_request_ids.push(incoming.header("x-ms-client-request-id").to_owned());
        arrival
    }

    /// What the fault makes of a request.
    fn carry_out(&mut self, incoming: &Incoming, target: &Target, delivery: &Delivery) -> Arrival {
        if let Some(until) = self.outages.get(target.route.name())
            && self.now < *until
        {
            return Arrival::Answered(self.finished(target, service_error(target, 503)));
        }
        if !self.is_reachable(target) {
            return Arrival::Refused;
        }
        let Some(fault) = delivery.fault.clone() else {
            return Arrival::Answered(self.deliver(incoming, target));
        };
        match fault {
            FaultKind::ConnectionRefused => Arrival::Refused,
            FaultKind::ResetBefore => Arrival::Reset,
            FaultKind::Throttle { retry_after } => Arrival::Answered(self.finished(target, throttled(target, retry_after))),
            FaultKind::ThrottleInText { seconds } => Arrival::Answered(self.finished(target, throttled_in_text(target, seconds))),
            FaultKind::Status { code } => Arrival::Answered(self.finished(target, service_error(target, code))),
            FaultKind::HugeError => Arrival::Answered(self.finished(target, huge_error())),
            FaultKind::Outage { seconds } => {
                let until = self.now + time::Duration::seconds(seconds.try_into().unwrap_or(i64::MAX));
                self.outages.insert(target.route.name(), until);
                Arrival::Answered(self.finished(target, service_error(target, 503)))
            }
            FaultKind::ResetAfter => {
                self.deliver_unheard(incoming, target);
                Arrival::Reset
            }
            FaultKind::LateEffect => {
                self.schedule.twist = Some(Twist::Late);
                self.deliver_unheard(incoming, target);
                self.schedule.twist = None;
                Arrival::Reset
            }
            FaultKind::StatusAfter { code } => {
                self.deliver_unheard(incoming, target);
                Arrival::Answered(self.finished(target, service_error(target, code)))
            }
            FaultKind::StaleRead => {
                let remembered = self.last_answers.get(&question(incoming)).filter(|(at, _)| self.now - *at <= STALE);
                let remembered = remembered.map(|(_, reply)| reply.clone());
                Arrival::Answered(remembered.unwrap_or_else(|| self.deliver(incoming, target)))
            }
            FaultKind::TruncatedBody => {
                let mut reply = self.deliver(incoming, target);
                let half = reply.body.len() / 2;
                reply.body.truncate(half);
                Arrival::Answered(reply)
            }
            FaultKind::WrongBody => {
                self.deliver_unheard(incoming, target);
                let page = "<!DOCTYPE html><html><body>Sign in to the hotel network</body></html>";
                Arrival::Answered(Reply::empty(200).body("text/html", page))
            }
            FaultKind::DuplicateDelivery => {
                self.deliver_unheard(incoming, target);
                let from = self.log.regenerates.len();
                let reply = self.deliver(incoming, target);
                for record in &mut self.log.regenerates[from..] {
                    record.author = Author::Network;
                }
                Arrival::Answered(reply)
            }
            other => {
                self.prepare(&other, target);
                let reply = self.deliver(incoming, target);
                self.schedule.twist = None;
                Arrival::Answered(reply)
            }
        }
    }

    /// What other people or the service itself do around a call.
    fn prepare(&mut self, fault: &FaultKind, target: &Target) {
        match fault {
            FaultKind::ExpiredToken => self.schedule.twist = Some(Twist::ExpiredToken),
            FaultKind::WrongSlot => self.schedule.twist = Some(Twist::WrongSlot),
            FaultKind::BothSlots => self.schedule.twist = Some(Twist::BothSlots),
            FaultKind::EndlessOperation => self.schedule.twist = Some(Twist::Endless),
            FaultKind::PartialGraph => self.schedule.twist = Some(Twist::PartialGraph),
            FaultKind::PermissionLost => {
                self.lost_actions.extend(target.route.action().map(str::to_owned));
            }
            FaultKind::LockAppears => {
                if let Some(scope) = Self::group_scope(target) {
                    self.world.locks.push(crate::contract::world::Lock { scope, name: "audit".into(), level: "ReadOnly".into() });
                }
            }
            FaultKind::OthersRegenerate { slot } => {
                if let (Ok(slot), false) = (slot.parse::<Slot>(), self.accounts.is_empty()) {
                    let record = self.record_regenerate(0, &[slot], Author::Other);
                    self.change_slots(0, &[slot], Some(record));
                }
            }
            FaultKind::OthersDeploy { slot } => {
                if let (Ok(slot), false) = (slot.parse::<Slot>(), self.accounts.is_empty()) {
                    self.others_deploy(0, slot);
                }
            }
            _ => {}
        }
    }

    /// Carries out a request whose answer nobody will hear.
    fn deliver_unheard(&mut self, incoming: &Incoming, target: &Target) {
        let from = self.log.regenerates.len();
        self.deliver(incoming, target);
        for record in &mut self.log.regenerates[from..] {
            record.answer = Answer::Lost;
        }
    }

    fn deliver(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let reply = self.answer(incoming, target);
        let reply = self.finished(target, reply);
        let is_read = !target.route.is_change() && !target.route.is_storage_data();
        if is_read && reply.status == 200 && self.schedule.has_stale_reads() {
            self.last_answers.insert(question(incoming), (self.now, reply.clone()));
        }
        reply
    }

    /// The headers that every answer carries.
    fn finished(&mut self, target: &Target, reply: Reply) -> Reply {
        let id = self.next_hex();
        let date = self.now.format(&Rfc2822).unwrap_or_default().replace("+0000", "GMT");
        let reply = reply.header("x-ms-request-id", &id).header("date", &date);
        if !target.is_resource_manager() {
            return reply;
        }
        let mut reply = reply.header("x-ms-correlation-request-id", &id);
        if self.world.unknowns.respells_ids {
            reply.body = respelled(reply.body);
        }
        match target.route {
            Route::Graph => reply.header("x-ms-user-quota-remaining", "14").header("x-ms-user-quota-resets-after", "00:00:05"),
            route if route.is_change() => reply.header("x-ms-ratelimit-remaining-subscription-writes", "199"),
            _ => reply.header("x-ms-ratelimit-remaining-subscription-reads", "249"),
        }
    }
}

/// What makes two reads the same question.
fn question(incoming: &Incoming) -> String {
    format!("{} {} {}", incoming.method, incoming.url, String::from_utf8_lossy(&incoming.body))
}

/// The same body with ids as other parts of Azure spell them (dossier, trap 18).
fn respelled(body: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(body) {
        Ok(text) => text
            .replace("/resourceGroups/", "/resourcegroups/")
            .replace("/Microsoft.KeyVault/", "/Microsoft.Keyvault/")
            .replace("/mediaservices/", "/mediaServices/")
            .into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

fn throttled(target: &Target, retry_after: u64) -> Reply {
    let message = "The request is being throttled as the limit has been reached for operation type - Read_ObservationWindow_00:05:00. For more information, see - https://aka.ms/srpthrottlinglimits";
    let reply = if target.route.is_storage_data() {
        Reply::storage_error(503, "ServerBusy", "The server is busy.", None)
    } else {
        Reply::error(429, "TooManyRequests", message)
    };
    reply.header("retry-after", &retry_after.to_string())
}

/// The older form, whose wait stands only in the text.
fn throttled_in_text(target: &Target, seconds: u64) -> Reply {
    if target.route.is_storage_data() {
        return Reply::storage_error(503, "ServerBusy", "The server is busy.", None);
    }
    let action = target.route.action().unwrap_or("Microsoft.Resources/subscriptions/read");
    let message = format!(
        "Number of requests for action '{action}' exceeded the limit of '50' for time interval '00:05:00'. Please try again after '{seconds}' seconds."
    );
    Reply::error(429, "ResourceRequestsThrottled", &message)
}

fn service_error(target: &Target, status: u16) -> Reply {
    let (code, message) = match status {
        408 => ("RequestTimeout", "The request timed out."),
        500 => ("InternalServerError", "Encountered internal server error. Diagnostic information is not available."),
        502 => ("BadGateway", "The gateway did not receive a response from the service."),
        503 => ("ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
        504 => ("GatewayTimeout", "The gateway did not receive a response from the service within the specified time period."),
        _ => ("Unexpected", "Something unexpected happened."),
    };
    if target.route.is_storage_data() {
        return Reply::storage_error(status, code, message, None);
    }
    Reply::error(status, code, message)
}

/// A message that would fill or drive a terminal, if it were shown as it is.
fn huge_error() -> Reply {
    let message = format!("\u{1b}[2J\u{7}\r\n\u{202e}{}", "é!".repeat(500_000));
    Reply::error(500, "InternalServerError", &message)
}
