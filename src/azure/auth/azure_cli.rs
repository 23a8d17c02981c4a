//! `--auth az`: the session of the Azure CLI.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};

use crate::domain::problem::Problem;

use super::SignIn;
use super::fresh::Fresh;

/// Asks `az account get-access-token`, for the named tenant, else for that of the named subscription (az takes one of
/// the two), else for that of az's current account.
pub(super) fn credential(sign_in: &SignIn) -> Result<Arc<dyn TokenCredential>, Problem> {
    through(sign_in, azure_identity::new_executor())
}

fn through(sign_in: &SignIn, executor: Arc<dyn Executor>) -> Result<Arc<dyn TokenCredential>, Problem> {
    let tenant = sign_in.tenant.clone();
    let subscription = sign_in.subscription.clone().filter(|_| tenant.is_none());
    Fresh::prepare(
        "az",
        "run `az login`, and `az account show` to see who is signed in; without az, name another sign-in with --auth",
        move || {
            Ok(AzureCliCredential::new(Some(AzureCliCredentialOptions {
                subscription: subscription.clone(),
                tenant_id: tenant.clone(),
                executor: Some(Arc::clone(&executor)),
            }))?)
        },
    )
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{ExitStatus, Output};
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::super::tests::{Login, sign_in, token};
    use super::*;

    /// An az that answers this, and keeps what it was asked.
    #[derive(Debug)]
    struct FakeAz {
        status: i32,
        stdout: &'static str,
        stderr: &'static str,
        asked: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl Executor for FakeAz {
        async fn run(&self, _: &OsStr, arguments: &[&OsStr]) -> std::io::Result<Output> {
            let line = arguments.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ");
            self.asked.lock().expect("lock").push(line);
            Ok(Output { status: ExitStatus::from_raw(self.status), stdout: self.stdout.into(), stderr: self.stderr.into() })
        }
    }

    #[tokio::test]
    async fn az_is_asked_for_the_tenant_or_the_subscriptions() {
        let az = Arc::new(FakeAz {
            status: 0,
            stdout: r#"{"accessToken":"granted","expires_on":1800003600,"tokenType":"Bearer"}"#,
            stderr: "",
            asked: Mutex::default(),
        });
        let mut sign_in = sign_in(Arc::new(Login::default()), &[]);
        sign_in.subscription = Some("s-1".to_owned());
        let credential = through(&sign_in, az.clone()).expect("ready");
        assert_eq!(token(&*credential).await.expect("a token"), "granted");
        sign_in.tenant = Some("t-1".to_owned());
        token(&*through(&sign_in, az.clone()).expect("ready")).await.expect("a token");
        let asked = az.asked.lock().expect("lock").clone();
        assert!(asked[0].ends_with(r#"--scope https://management.azure.com/.default --subscription "s-1""#), "{asked:?}");
        assert!(asked[1].ends_with("--scope https://management.azure.com/.default --tenant t-1"), "{asked:?}");

        sign_in.tenant = Some("t-1; rm -rf /".to_owned());
        assert_eq!(through(&sign_in, az).expect_err("not a tenant").code, "signInFailed");
    }

    #[tokio::test]
    async fn a_session_that_is_over_says_what_az_says() {
        let stderr = "ERROR: AADSTS70043: The refresh token has expired. Please run az login.";
        let az = Arc::new(FakeAz { status: 256, stdout: "", stderr, asked: Mutex::default() });
        let credential = through(&sign_in(Arc::new(Login::default()), &[]), az).expect("ready");
        let problem = token(&*credential).await.expect_err("refused");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("signInFailed", 4));
        assert!(problem.causes.iter().any(|cause| cause.contains("AADSTS70043")), "{problem:?}");
        assert!(problem.hints[0].contains("az login"));
    }
}
