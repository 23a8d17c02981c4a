//! `roll`: a new version, the account on it, everybody else on it, the old one disabled. Pure.

use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::customer_key::{Account, KeyId, KeyVersion, Planned, RUN_TAG, Roll, Step, User};
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::Problem;

/// How long a media account may take to report a new version before a person should look: 5 (2020) to 15 minutes (2022) are documented.
pub const PICK_UP: Duration = Duration::from_secs(2 * 60 * 60);

/// How long other services may take: storage accounts look once in 24 hours.
pub const OTHERS: Duration = Duration::from_secs(48 * 60 * 60);

/// What a roll needs to know.
#[derive(Clone, Debug, Default)]
pub struct RollFound {
    /// The media account.
    pub account: Option<Account>,
    /// The versions of the key, newest first.
    pub versions: Vec<KeyVersion>,
    /// Everything that is encrypted with the key; absent where nobody looked.
    pub users: Option<Vec<User>>,
}

/// What a roll knows of itself.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The run.
    pub run: String,
    /// The version that it made, and when.
    pub made: Option<(KeyId, OffsetDateTime)>,
    /// The names that were accepted.
    pub accepted: Vec<String>,
}

impl Own {
    /// The version that this run made, as its journal or the tag in the vault tells.
    #[must_use]
    pub fn version<'a>(&'a self, found: &'a RollFound) -> Option<&'a KeyId> {
        let tagged =
            || found.versions.iter().find(|version| version.tags.get(RUN_TAG) == Some(&self.run)).map(|version| &version.id);
        self.made.as_ref().map(|(id, _)| id).or_else(|| if is_planted(Mistake::RepeatLost) { None } else { tagged() })
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// These steps are missing; the first is next. None means that all is done.
    Steps(Vec<Planned>),
    /// It cannot go on.
    Stop(Box<Problem>),
}

/// The steps that are missing.
#[must_use]
pub fn turn(roll: &Roll, found: &RollFound, own: &Own, now: OffsetDateTime) -> Turn {
    let name = roll.account.name();
    let Some(account) = &found.account else {
        return stop(Problem::not_found("noSuchMediaAccount", format!("the media account {name} is gone")));
    };
    let new = own.version(found);
    let mut steps = Vec::new();
    let mut add = |step: Step, touches: &str, why: String, wait: &str| {
        steps.push(Planned { step, touches: touches.to_owned(), why, wait: wait.to_owned() });
    };
    if new.is_none() {
        add(Step::NewVersion, &roll.old.name, format!("RSA {}; the old version stays enabled", roll.key_size), "");
    }
    let is_new = |other: Option<&KeyId>| new.is_some_and(|new| other.is_some_and(|other| other.version == new.version));
    if !account.key.as_ref().is_some_and(|key| key.is_same_key(&roll.old)) {
        return stop(
            Problem::drift("keyChanged", format!("{name} was told another key since the run began"))
                .hint("look with keyroll customer-key show"),
        );
    }
    if roll.pinned && !is_new(account.key.as_ref()) {
        add(Step::Encrypt, name, "it names a version, so it has to be moved".to_owned(), "~ 1m");
    }
    if !is_new(account.current.as_ref()) {
        if own.made.as_ref().is_some_and(|(_, at)| now - *at > PICK_UP) {
            let hours = PICK_UP.as_secs() / 3600;
            let message = format!(
                "{name} does not report the new version after {hours} hours; both versions are enabled, and nothing is broken"
            );
            return stop(
                Problem::person("versionNotPickedUp", message).hint("look at it with keyroll customer-key show, then resume"),
            );
        }
        add(Step::AwaitNewVersion, name, "5 to 15 minutes are documented".to_owned(), "≤ 15m");
    }
    if roll.disable_old {
        if let (Some(new), Some(users)) = (new, &found.users)
            && is_new(account.current.as_ref())
        {
            match waiting_for(roll, users, new, own, now) {
                Ok(None) => {}
                Ok(Some(why)) => add(Step::AwaitUsers, &roll.old.name, why, "≤ 24h"),
                Err(problem) => return Turn::Stop(problem),
            }
        } else {
            add(Step::AwaitUsers, &roll.old.name, "storage accounts look for new versions once in 24 hours".to_owned(), "≤ 24h");
        }
        let enabled = found.versions.iter().any(|version| version.id.version == roll.old.version && version.enabled);
        if enabled {
            add(Step::DisableOld, &roll.old.name, format!("version {} can be enabled again", roll.old.short()), "");
        }
    }
    Turn::Steps(steps)
}

fn stop(problem: Problem) -> Turn {
    Turn::Stop(Box::new(problem))
}

/// Who keeps the old version alive: nobody, somebody who follows in time, or somebody for whom a person has to decide.
fn waiting_for(roll: &Roll, users: &[User], new: &KeyId, own: &Own, now: OffsetDateTime) -> Result<Option<String>, Box<Problem>> {
    let others = users.iter().filter(|user| !user.id.eq_ignore_ascii_case(roll.account.as_str()));
    let others = others.filter(|_| !is_planted(Mistake::ForgetUsers));
    let behind: Vec<&User> = others.filter(|user| user.version() != new.version.as_deref()).collect();
    if let Some(pinned) = behind.iter().find(|user| user.pinned.is_some()) {
        let message =
            format!("{} names a version of {} other than the new one, so it never follows", pinned.name(), roll.old.name);
        return Err(Box::new(
            Problem::person("userPinned", message)
                .because(pinned.id.clone())
                .hint(format!("tell it {new}, or the key without a version, then resume"))
                .hint("the old version stays enabled until then"),
        ));
    }
    let open: Vec<&&User> = behind
        .iter()
        .filter(|user| user.current.is_none())
        .filter(|user| !own.accepted.iter().any(|name| name.eq_ignore_ascii_case(&acceptance(user))))
        .collect();
    if !open.is_empty() {
        let names: Vec<String> = open.iter().map(|user| acceptance(user)).collect();
        let message = format!("{} does not say which version it uses, so that the old one may be in use", open[0].name());
        let mut problem = Problem::blocked("userUnknown", message)
            .hint(format!("make sure that it uses the new version, then keyroll resume --accept {}", names.join(",")));
        problem.accept = names;
        return Err(Box::new(problem));
    }
    let known: Vec<&str> = behind.iter().filter(|user| user.current.is_some()).map(|user| user.name()).collect();
    if known.is_empty() {
        return Ok(None);
    }
    if own.made.as_ref().is_some_and(|(_, at)| now - *at > OTHERS) {
        let message = format!("{} still uses the old version after {} hours", known.join(", "), OTHERS.as_secs() / 3600);
        return Err(Box::new(
            Problem::person("versionNotPickedUp", message).hint("the old version stays enabled; look at it, then resume"),
        ));
    }
    Ok(Some(format!("{} still uses the old version", known.join(", "))))
}

/// Why the old version could not be disabled in the end, as far as that is known before anything is changed.
#[must_use]
pub fn never_follows(roll: &Roll, users: &[User], accepted: &[String]) -> Option<Problem> {
    let others = users.iter().filter(|user| !user.id.eq_ignore_ascii_case(roll.account.as_str()));
    let others: Vec<&User> = others.filter(|_| !is_planted(Mistake::ForgetUsers)).collect();
    if let Some(pinned) = others.iter().find(|user| user.pinned.is_some()) {
        let message = format!("{} names a version of {}, so it would never follow to a new one", pinned.name(), roll.old.name);
        return Some(
            Problem::person("userPinned", message)
                .because(pinned.id.clone())
                .hint("tell it the key without a version first, or roll without --disable-old; nothing was changed"),
        );
    }
    let silent = others.iter().filter(|user| user.current.is_none()).map(|user| acceptance(user));
    let names: Vec<String> = silent.filter(|name| !accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(name))).collect();
    let first = names.first()?.trim_start_matches("user-");
    let message = format!("{first} does not say which version it uses, so nobody could tell when the old one may be disabled");
    let hint = format!(
        "if you will make sure of it before the old version goes, add --accept {}, or roll without --disable-old",
        names.join(",")
    );
    let mut problem = Problem::blocked("userUnknown", message).hint(hint);
    problem.accept = names;
    Some(problem)
}

fn acceptance(user: &User) -> String {
    format!("user-{}", user.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/ams";

    fn key(version: &str) -> KeyId {
        format!("https://kv.vault.azure.net/keys/k/{version}").parse().expect("a key")
    }

    fn roll() -> Roll {
        let account = ACCOUNT.parse().expect("an id");
        Roll { account, old: key("old"), key_size: 2048, pinned: false, disable_old: true, subscriptions: Vec::new() }
    }

    /// The account is on the new version; one other user is there.
    fn found(current: Option<&str>, pinned: Option<&str>) -> RollFound {
        let version =
            |name: &str| KeyVersion { id: key(name), enabled: true, created: None, tags: std::collections::BTreeMap::new() };
        let user = User { id: "/x/other".into(), current: current.map(Into::into), pinned: pinned.map(Into::into) };
        let account = Account {
            id: ACCOUNT.parse().expect("an id"),
            location: String::new(),
            tags: std::collections::BTreeMap::new(),
            system: None,
            users: Vec::new(),
            storage: Vec::new(),
            key: Some(key("x").versionless()),
            current: Some(key("new")),
            key_identity: None,
            status: None,
            state: "Succeeded".into(),
        };
        RollFound { account: Some(account), versions: vec![version("new"), version("old")], users: Some(vec![user]) }
    }

    fn turned(found: &RollFound, accepted: &[&str], hours: i64) -> Result<Vec<Step>, String> {
        let made = Some((key("new"), OffsetDateTime::UNIX_EPOCH));
        let own = Own { run: "r".into(), made, accepted: accepted.iter().map(|name| (*name).to_owned()).collect() };
        match turn(&roll(), found, &own, OffsetDateTime::UNIX_EPOCH + time::Duration::hours(hours)) {
            Turn::Steps(steps) => Ok(steps.into_iter().map(|planned| planned.step).collect()),
            Turn::Stop(problem) => Err(problem.code),
        }
    }

    #[test]
    fn the_old_version_goes_only_when_every_user_is_known_to_have_left_it() {
        assert_eq!(turned(&found(Some("new"), None), &[], 1), Ok(vec![Step::DisableOld]));
        assert_eq!(turned(&found(Some("old"), None), &[], 1), Ok(vec![Step::AwaitUsers, Step::DisableOld]));
        assert_eq!(turned(&found(Some("old"), None), &[], 49), Err("versionNotPickedUp".into()));
        assert_eq!(turned(&found(None, Some("old")), &[], 1), Err("userPinned".into()));
        assert_eq!(turned(&found(None, None), &[], 1), Err("userUnknown".into()));
        assert_eq!(turned(&found(None, None), &["user-other"], 1), Ok(vec![Step::DisableOld]), "a person knows better");
    }

    #[test]
    fn an_account_that_was_told_another_key_meanwhile_stops_the_roll() {
        let mut other = found(Some("new"), None);
        other.account.as_mut().expect("is there").key = Some("https://kv.vault.azure.net/keys/other".parse().expect("a key"));
        assert_eq!(turned(&other, &[], 1), Err("keyChanged".into()));
    }

    #[test]
    fn who_will_never_follow_or_never_say_so_is_known_before_anything_changes() {
        let roll = Roll {
            account: ACCOUNT.parse().expect("an id"),
            old: key("v1"),
            key_size: 2048,
            pinned: false,
            disable_old: true,
            subscriptions: Vec::new(),
        };
        let user = |name: &str, current: Option<&str>, pinned: Option<&str>| User {
            id: format!("/x/{name}"),
            current: current.map(str::to_owned),
            pinned: pinned.map(str::to_owned),
        };
        let own = User { id: ACCOUNT.to_owned(), ..user("", None, Some("v1")) };
        assert_eq!(never_follows(&roll, &[own, user("st", Some("v1"), None)], &[]), None);
        let problem = never_follows(&roll, &[user("des", None, Some("v1"))], &["user-des".into()]).expect("it is pinned");
        assert_eq!(problem.code, "userPinned");
        let silent = [user("db", None, None)];
        let problem = never_follows(&roll, &silent, &[]).expect("it does not say");
        assert_eq!((problem.code.as_str(), problem.accept), ("userUnknown", vec!["user-db".to_owned()]));
        assert_eq!(never_follows(&roll, &silent, &["user-db".into()]), None);
    }
}
