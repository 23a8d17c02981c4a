use clap::{Args, ValueEnum};

use crate::domain::problem::Problem;
use crate::render::checkup::{Check, Checkup};

use super::end::End;
use super::session::{Session, unfinished};
use super::{connect, role};

/// Check the state folder, the cloud, the sign-in; print roles
///
/// `--role` prints least-privilege role definitions instead, for `az role definition create`: one for reading (`dependents`, `plan`)
/// and one for rolling; `--role customer-key` prints the one for that.
///
/// Example: `keyroll doctor --auth managed-identity`
#[derive(Args, Clone, Debug)]
pub(super) struct Doctor {
    /// Print role definitions: both, or one of them
    #[arg(long, value_name = "FOR", value_enum, num_args = 0..=1, default_missing_value = "both")]
    role: Option<Role>,
}

/// What a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
    /// Both, as an array.
    Both,
    /// Looking.
    Reading,
    /// Rolling.
    Rolling,
    /// `customer-key`; only by its name.
    CustomerKey,
    /// `recreate-locators media`; only by its name.
    Locators,
}

impl Doctor {
    pub(super) async fn run(&self, session: &Session) -> End {
        if let Some(role) = self.role {
            let subscriptions = &session.global.subscription;
            let value = match role {
                Role::Both => serde_json::json!([role::reading(subscriptions), role::rolling(subscriptions)]),
                Role::Reading => role::reading(subscriptions),
                Role::Rolling => role::rolling(subscriptions),
                Role::CustomerKey => role::customer_key(subscriptions),
                Role::Locators => role::locators(subscriptions),
            };
            session.printer.raw(&serde_json::to_string_pretty(&value).unwrap_or_default());
            return Ok(0);
        }
        let mut checkup = Checkup::default();
        checkup.add("binary", Ok(format!("keyroll {} · commands {}", super::version(), &super::surface_digest()[..12])));
        checkup.add("state", state(session));
        checkup.add("cloud", connect::cloud(session).map(|cloud| format!("{} · {}", cloud.name, cloud.resource_manager)));
        match connect::signed_in(session) {
            Ok(connection) => {
                let client = connection.client;
                let identity = client.identity().await;
                let who = identity.map(|identity| match identity {
                    Some(identity) => {
                        let name = identity.name.map_or_else(String::new, |name| format!(" {name}"));
                        let tenant = identity.tenant_id.map_or_else(String::new, |tenant| format!(" · tenant {tenant}"));
                        format!("{} · as{name} {}{tenant}", connection.sign_in, identity.object_id)
                    }
                    None => format!("{} · the token does not say who that is", connection.sign_in),
                });
                let signed_in = who.is_ok();
                checkup.add("sign-in", who);
                if signed_in {
                    checkup.add(
                        "subscriptions",
                        client.subscriptions().await.and_then(|seen| match seen.len() {
                            0 => Err(Problem::not_found("noSubscription", "this sign-in sees no subscription")),
                            number => Ok(format!("{number} visible")),
                        }),
                    );
                }
            }
            Err(problem) => checkup.add("sign-in", Err(problem)),
        }
        session.printer.result(|| checkup.text(session.printer.width()), || checkup.json());
        Ok(checkup.checks.iter().find_map(|Check { found, .. }| found.as_ref().err().map(Problem::exit_code)).unwrap_or(0))
    }
}

fn state(session: &Session) -> Result<String, Problem> {
    let folder = session.state_folder()?;
    let runs = session.reader()?.runs()?;
    let open = runs.iter().filter(|run| unfinished(run)).count();
    Ok(format!("{} · {} runs, {open} unfinished", folder.display(), runs.len()))
}
