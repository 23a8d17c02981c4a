//! A configuration folder (`AZURE_CONFIG_DIR`) with which the unmodified az believes in a served world, without a sign-in.
//!
//! Two are written: `custom`, a cloud of its own at this machine's address, as a managed identity; and `public`, the untouched
//! `AzureCloud` behind the proxy, as a service principal. The files are those that azure-cli 2.91.0 writes itself.

use std::path::Path;

use serde_json::{Value, json};

use crate::contract::world::World;
use crate::domain::problem::Problem;
use crate::sim::sign_in::IDENTITY_HEADER;

use super::client_files::place;
use super::{Served, ServedSecurely};

/// The name of the custom cloud.
const CLOUD: &str = "Simulated";

/// A way to point az at a served world: its name, and the environment that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// `custom` or `public`.
    pub name: &'static str,
    /// Names and values, in the order in which they are told.
    pub environment: Vec<(&'static str, String)>,
}

/// Writes both configurations below a folder.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, world: &World, served: &Served, secure: &ServedSecurely) -> Result<[Recipe; 2], Problem> {
    let folder = std::path::absolute(folder)
        .map_err(|error| Problem::failed("fileNotWritten", format!("{} is no place", folder.display())).because(error))?;
    let [custom, public] = ["custom", "public"].map(|name| folder.join(name));
    for (place_of, cloud) in [(&custom, CLOUD), (&public, "AzureCloud")] {
        place(place_of, "config", &settings(cloud))?;
        // Without it the first run looks for a newer version on the internet.
        place(place_of, "versionCheck.json", &versions().to_string())?;
    }
    place(&custom, "clouds.config", &custom_cloud(served.port))?;
    let identity = json!({ "name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI" });
    place(&custom, "azureProfile.json", &profile(world, CLOUD, &identity).to_string())?;
    let principal = json!({ "name": world.caller.client_id, "type": "servicePrincipal" });
    place(&public, "azureProfile.json", &profile(world, "AzureCloud", &principal).to_string())?;
    place(&public, "service_principal_entries.json", &json!([principal_entry(world)]).to_string())?;

    let authority = secure.authority_file.display().to_string();
    let port = secure.http_port;
    let trust = [("REQUESTS_CA_BUNDLE", authority.clone()), ("SSL_CERT_FILE", authority)];
    let mut custom_environment = vec![("AZURE_CONFIG_DIR", custom.display().to_string())];
    custom_environment.extend(trust.clone());
    custom_environment.extend([
        ("IDENTITY_ENDPOINT", format!("http://127.0.0.1:{port}/msi/token")),
        ("IDENTITY_HEADER", IDENTITY_HEADER.to_owned()),
    ]);
    let mut public_environment = vec![("AZURE_CONFIG_DIR", public.display().to_string())];
    public_environment.extend(trust);
    public_environment.extend([
        ("HTTPS_PROXY", format!("http://127.0.0.1:{port}")),
        ("AZURE_TENANT_ID", world.tenant.clone()),
        ("AZURE_CLIENT_ID", world.caller.client_id.clone()),
        ("AZURE_CLIENT_SECRET", world.caller.client_secret.clone()),
    ]);
    Ok([Recipe { name: "custom", environment: custom_environment }, Recipe { name: "public", environment: public_environment }])
}

fn settings(cloud: &str) -> String {
    format!(
        "[cloud]\nname = {cloud}\n\n[core]\ncollect_telemetry = no\noutput = json\nno_color = true\ndisable_progress_bar = true\n\
         survey_message = no\n\n[extension]\nuse_dynamic_install = no\n\n[logging]\nenable_log_file = no\n\n[auto-upgrade]\nenable = no\n"
    )
}

fn versions() -> Value {
    let local = |version: &str| json!({ "local": version });
    json!({
        "versions": { "azure-cli": local("2.91.0"), "core": local("2.91.0"), "telemetry": local("1.1.0") },
        "update_time": "2099-01-01 00:00:00.000000",
    })
}

fn custom_cloud(port: u16) -> String {
    let here = format!("https://127.0.0.1:{port}");
    [
        format!("[{CLOUD}]"),
        "profile = latest".to_owned(),
        "endpoint_management = https://management.core.windows.net/".to_owned(),
        format!("endpoint_resource_manager = {here}"),
        format!("endpoint_active_directory = {here}"),
        "endpoint_active_directory_resource_id = https://management.core.windows.net/".to_owned(),
        "endpoint_active_directory_graph_resource_id = https://graph.windows.net/".to_owned(),
        "endpoint_microsoft_graph_resource_id = https://graph.microsoft.com/".to_owned(),
        "endpoint_media_resource_id = https://rest.media.azure.net".to_owned(),
        "endpoint_batch_resource_id = https://batch.core.windows.net/".to_owned(),
        "suffix_storage_endpoint = core.windows.net".to_owned(),
        "suffix_keyvault_dns = .vault.azure.net".to_owned(),
    ]
    .join("\n")
        + "\n"
}

fn profile(world: &World, cloud: &str, user: &Value) -> Value {
    let tenant = &world.tenant;
    let subscriptions: Vec<Value> = world
        .subscriptions
        .iter()
        .enumerate()
        .map(|(place, subscription)| {
            json!({
                "id": subscription.id, "name": subscription.name, "state": "Enabled", "isDefault": place == 0,
                "tenantId": tenant, "homeTenantId": tenant, "managedByTenants": [], "environmentName": cloud, "user": user,
            })
        })
        .collect();
    json!({ "installationId": "00000000-0000-0000-0000-0000000000ff", "subscriptions": subscriptions })
}

fn principal_entry(world: &World) -> Value {
    json!({ "client_id": world.caller.client_id, "tenant": world.tenant, "client_secret": world.caller.client_secret })
}
