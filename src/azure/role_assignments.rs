//! Role assignments at a vault (Microsoft.Authorization 2022-04-01), and the object ids of user-assigned identities
//! (Microsoft.ManagedIdentity 2023-01-31).

use azure_core::http::Method;
use serde_json::{Value, json};

use crate::contract::sha256;
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;

const ASSIGNMENTS: &str = "2022-04-01";
const IDENTITIES: &str = "2023-01-31";

/// A built-in role by name and id, the same in every tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// As the portal and az call it.
    pub name: &'static str,
    /// The id of its definition.
    pub id: &'static str,
}

/// Gets, wraps and unwraps keys: what a service needs for a customer-managed key.
pub const SERVICE_ENCRYPTION: Role =
    Role { name: "Key Vault Crypto Service Encryption User", id: "e147488a-f6f5-4113-8e2d-b22465e65bf6" };

/// Everything with keys but permissions.
pub const CRYPTO_OFFICER: Role = Role { name: "Key Vault Crypto Officer", id: "14b46e9e-c2b7-41b4-b07b-48a6ebf60603" };

/// The roles that let an identity get, wrap and unwrap.
const ENOUGH: [&str; 4] = [
    SERVICE_ENCRYPTION.id,
    CRYPTO_OFFICER.id,
    "12338af0-0e69-4776-bea7-57ae8d297424", // Key Vault Crypto User
    "00482a5a-887f-4fb3-b363-3b7fe8e74483", // Key Vault Administrator
];

impl Client {
    /// Whether roles at a vault, or above it, let an identity get, wrap and unwrap its keys.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn may_encrypt(&self, vault: &ResourceId, principal: &str) -> Result<bool, Problem> {
        let mut url =
            self.resource_manager_url(&format!("{vault}/providers/Microsoft.Authorization/roleAssignments"), ASSIGNMENTS);
        url.query_pairs_mut().append_pair("$filter", &format!("principalId eq '{principal}'"));
        let items = self.list(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        let scope = vault.lowercase();
        let enough = |item: &Value| {
            let properties = &item["properties"];
            let role = properties["roleDefinitionId"].as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
            let at = properties["scope"].as_str().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
            let covers = at.is_empty() || scope == at || scope.starts_with(&format!("{at}/"));
            let same = properties["principalId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(principal));
            same && covers && ENOUGH.iter().any(|known| known.eq_ignore_ascii_case(role))
        };
        Ok(items.iter().any(enough))
    }

    /// Gives a role at a vault. Its name is derived from who gets what, so that sending it twice gives it once.
    ///
    /// # Errors
    /// As [`Client::send`]; `noRightToAssignRoles` with the command for somebody who has it.
    pub async fn assign_role(
        &self,
        vault: &ResourceId,
        role: Role,
        principal: &str,
        service: bool,
    ) -> Result<Option<Answer>, Problem> {
        let name = assignment_name(vault, role, principal);
        let path = format!("{vault}/providers/Microsoft.Authorization/roleAssignments/{name}");
        let definition =
            format!("/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{}", vault.subscription(), role.id);
        let mut properties = json!({ "roleDefinitionId": definition, "principalId": principal });
        if service {
            // Without it a principal that was made a moment ago is not found in its directory.
            properties["principalType"] = json!("ServicePrincipal");
        }
        let call =
            Call::new(Method::Put, self.resource_manager_url(&path, ASSIGNMENTS), Effect::Idempotent, Audience::ResourceManager);
        match self.send(call.json(&json!({ "properties": properties }))).await {
            Ok(answer) => Ok(Some(answer)),
            Err(problem) if problem.service_code.as_deref() == Some("RoleAssignmentExists") => Ok(None),
            Err(problem) if problem.kind == Kind::Permission => {
                let message = format!("this sign-in may not give roles at {}, which decides about access by roles", vault.name());
                let command =
                    format!("az role assignment create --role '{}' --assignee-object-id {principal} --scope {vault}", role.name);
                Err(Problem {
                    http_status: problem.http_status,
                    service_code: problem.service_code,
                    correlation_id: problem.correlation_id,
                    ..Problem::new(Kind::Permission, "noRightToAssignRoles", message).because(problem.message)
                }
                .hint(format!("let an owner of the vault run `{command}`, then resume")))
            }
            Err(problem) => Err(problem),
        }
    }

    /// The object id of a user-assigned identity.
    ///
    /// # Errors
    /// As [`Client::send`]; `noSuchIdentity` when there is none.
    pub async fn identity_principal(&self, id: &ResourceId) -> Result<String, Problem> {
        let url = self.resource_manager_url(id.as_str(), IDENTITIES);
        let sent = self.send(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await;
        let whole: Value = sent
            .map_err(|problem| {
                if problem.kind != Kind::NotFound {
                    return problem;
                }
                let message = format!("there is no user-assigned identity {} in group {}", id.name(), id.resource_group());
                Problem::not_found("noSuchIdentity", message).because(problem.message).hint(
                    "make it with `az identity create`, or leave --user-identity out: then Azure makes one with the account",
                )
            })?
            .parse()?;
        let malformed = || Problem::failed("unexpectedAnswer", format!("the identity {} has no object id", id.name()));
        whole["properties"]["principalId"].as_str().map(str::to_owned).ok_or_else(malformed)
    }
}

/// A UUID made of vault, role and principal.
fn assignment_name(vault: &ResourceId, role: Role, principal: &str) -> String {
    let hex = sha256(&format!("{}|{}|{}", vault.lowercase(), role.id, principal.to_ascii_lowercase()));
    format!("{}-{}-5{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
