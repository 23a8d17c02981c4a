//! The values of Microsoft's article that the cloud and the sign-in decide: taken, so that its list can be handed over as it is, and
//! compared with what is used.

use clap::Args;

use crate::azure::auth::identity::Identity;
use crate::azure::cloud::Cloud;
use crate::domain::problem::Problem;

/// Resources that older tools ask tokens for, by cloud: both names mean Resource Manager.
const CLASSIC: [(&str, &str); 3] = [
    ("AzureCloud", "https://management.core.windows.net"),
    ("AzureChinaCloud", "https://management.core.chinacloudapi.cn"),
    ("AzureUSGovernment", "https://management.core.usgovcloudapi.net"),
];

/// Values of the article that are checked, not used.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Values of the article that --cloud and --auth decide; they are only compared")]
pub(super) struct Article {
    /// The application (client) id of the service principal
    #[arg(long, value_name = "ID")]
    service_principal_id: Option<String>,

    /// What Resource Manager tokens are for
    #[arg(long, value_name = "URL")]
    arm_resource: Option<String>,

    /// What Azure AD Graph tokens are for; the article's steps never use it, and Graph is gone
    #[arg(long, value_name = "URL")]
    graph_resource: Option<String>,

    /// What Key Vault tokens are for
    #[arg(long, value_name = "URL")]
    key_vault_resource: Option<String>,

    /// The host of Resource Manager
    #[arg(long, value_name = "HOST")]
    arm_endpoint: Option<String>,

    /// The host of the directory
    #[arg(long, value_name = "HOST")]
    aad_endpoint: Option<String>,

    /// The domain of vaults
    #[arg(long, value_name = "DOMAIN")]
    key_vault_domain_suffix: Option<String>,
}

impl Article {
    /// Compares the values with the cloud and the sign-in.
    ///
    /// # Errors
    /// `valueOfAnotherCloud`, `anotherServicePrincipal`: then the rest of the list is probably meant for elsewhere, too.
    pub(super) fn check(&self, cloud: &Cloud, identity: Option<&Identity>) -> Result<(), Problem> {
        let host = |url: &url::Url| url.host_str().unwrap_or_default().to_owned();
        let classic = CLASSIC.iter().find(|(name, _)| name.eq_ignore_ascii_case(&cloud.name)).map(|(_, url)| (*url).to_owned());
        let mut resources = vec![cloud.resource_manager_audience.clone()];
        resources.extend(classic);
        let values = [
            ("armResource", &self.arm_resource, resources),
            ("keyVaultResource", &self.key_vault_resource, vec![cloud.key_vault_audience.clone()]),
            ("armEndpoint", &self.arm_endpoint, vec![host(&cloud.resource_manager)]),
            ("aadEndpoint", &self.aad_endpoint, vec![host(&cloud.login)]),
            ("keyVaultDomainSuffix", &self.key_vault_domain_suffix, vec![cloud.key_vault_suffix.clone()]),
        ];
        let bare = |text: &str| text.trim_end_matches('/').trim_start_matches('.').to_ascii_lowercase();
        for (name, value, expected) in values {
            let Some(value) = value else { continue };
            if !expected.iter().any(|known| bare(known) == bare(value)) {
                let message = format!("{name} is {value}, and in {} it is {}", cloud.name, expected[0]);
                return Err(
                    Problem::usage("valueOfAnotherCloud", message).hint("name the cloud that the values are of with --cloud")
                );
            }
        }
        // Only an application's token names the application itself; a user's names the user.
        let signed_in = identity.and_then(|identity| identity.name.as_deref()).filter(|name| !name.contains('@'));
        if let (Some(asked), Some(signed_in)) = (&self.service_principal_id, signed_in)
            && !asked.eq_ignore_ascii_case(signed_in)
        {
            let message = format!("servicePrincipalId is {asked}, and the sign-in is {signed_in}");
            return Err(Problem::usage("anotherServicePrincipal", message)
                .hint("sign in as it with --auth, or leave servicePrincipalId out"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_the_article_are_those_of_the_public_cloud() {
        let article = Article {
            service_principal_id: Some("a".into()),
            arm_resource: Some("https://management.core.windows.net/".into()),
            graph_resource: Some("https://graph.windows.net/".into()),
            key_vault_resource: Some("https://vault.azure.net/".into()),
            arm_endpoint: Some("management.azure.com".into()),
            aad_endpoint: Some("login.microsoftonline.com".into()),
            key_vault_domain_suffix: Some("vault.azure.net".into()),
        };
        article.check(&Cloud::public(), None).expect("its own cloud");
        let china = Cloud::named("AzureChinaCloud").expect("a cloud");
        assert_eq!(article.check(&china, None).expect_err("another cloud").code, "valueOfAnotherCloud");
        let identity = |name: &str| Identity { object_id: "o".into(), tenant_id: None, name: Some(name.into()) };
        assert_eq!(
            article.check(&Cloud::public(), Some(&identity("b"))).expect_err("another application").code,
            "anotherServicePrincipal"
        );
        article.check(&Cloud::public(), Some(&identity("ann@example.org"))).expect("a user is no application");
    }
}
