//! What `simulate serve` says about itself once it listens.

use crate::contract::served::{SCHEMA, ServedDocument};

use crate::sim::serve::Served;
use crate::sim::serve::az_configuration::Recipe;

/// For people: what to type next.
pub(super) fn text(served: &Served, recipes: &[Recipe]) -> String {
    let mut lines = vec![format!("listening on 127.0.0.1:{}", served.port)];
    if let Some(secure) = &served.secure {
        lines.push(format!("proxy, managed identity and control on http://127.0.0.1:{}", secure.http_port));
        lines.push(format!("trust {}", secure.authority_file.display()));
        lines.push(format!("classic management takes --certificate {}", secure.management_certificate_file.display()));
    }
    lines.push(format!(
        "use it with --cloud {} --auth token-file={} --clock {}{}",
        served.cloud_file.display(),
        served.token_file.display(),
        served.clock_file.display(),
        served.secure.as_ref().map_or(String::new(), |secure| {
            format!(" --ca-bundle {}, and HTTPS_PROXY=http://127.0.0.1:{}", secure.authority_file.display(), secure.http_port)
        }),
    ));
    for recipe in recipes {
        lines.push(format!("# az, {}", explain(recipe)));
        lines.extend(recipe.environment.iter().map(|(name, value)| format!("export {name}={}", quoted(value))));
    }
    lines.join("\n")
}

fn explain(recipe: &Recipe) -> &'static str {
    match recipe.name {
        "custom" => "a cloud of its own at this machine's address, as a managed identity:",
        _ => "the untouched AzureCloud behind the proxy, as a service principal:",
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// For programs.
pub(super) fn json(served: &Served, recipes: &[Recipe]) -> String {
    let secure = served.secure.as_ref();
    let variables =
        |recipe: &Recipe| recipe.environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let document = ServedDocument {
        schema: SCHEMA,
        port: served.port,
        cloud_file: &served.cloud_file,
        token_file: &served.token_file,
        clock_file: &served.clock_file,
        http_port: secure.map(|secure| secure.http_port),
        proxy: secure.map(|secure| format!("http://127.0.0.1:{}", secure.http_port)),
        authority_file: secure.map(|secure| secure.authority_file.as_path()),
        management_certificate_file: secure.map(|secure| secure.management_certificate_file.as_path()),
        environments: recipes.iter().map(|recipe| (recipe.name.to_owned(), variables(recipe))).collect(),
    };
    serde_json::to_string(&document).unwrap_or_default()
}
