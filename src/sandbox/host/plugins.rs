//! `plugin`: installs and lists plugins. Initially none is installed, so that a first run exercises
//! all steps of the guard.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::api::operations::Product;
use crate::sandbox::Environment;
use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::home::{self, Home};
use crate::sandbox::host::flags::{many, one, parse};
use crate::sandbox::host::{other_command, table};
use crate::sandbox::profile;

const COMMANDS: &[&str] = &["list", "install", "update", "show"];

/// The only version of each plugin in the simulated catalogue.
const VERSION: &str = "0.4.2";

fn description(product: Product) -> &'static str {
    match product {
        Product::Cams => "Chat App Message Service (sandbox)",
        Product::Dysmsapi => "Short Message Service (sandbox)",
    }
}

pub fn run(args: &[String], home: &Home) -> Result<Answer, Answer> {
    let Some((command, rest)) = args.split_first() else {
        return Err(host_error(3, "command missing; see the help of plugin"));
    };
    let known = match command.as_str() {
        "list" => &[][..],
        "install" => &[one("--name"), many("--names"), one("--version")][..],
        "update" | "show" => &[one("--name")][..],
        other => return Err(other_command(other, COMMANDS)),
    };
    let flags = parse(rest, known)?;
    let name = flags.value("--name");
    match command.as_str() {
        "list" => list(home),
        "install" => {
            let names: Vec<&str> = name.into_iter().chain(flags.values("--names")).collect();
            install(&names, flags.value("--version"), home)
        }
        "update" => update(name, home),
        _ => show(name, home),
    }
}

/// The product whose plugin has that name, short or full.
fn find(name: &str) -> Option<Product> {
    Product::ALL.into_iter().find(|product| name == product.name() || name == product.plugin())
}

/// The installed plugins, ordered by name.
fn installed(home: &Home) -> anyhow::Result<Vec<Product>> {
    let path = manifest_path(home);
    let Some(text) = home::read_if_present(&path)? else { return Ok(Vec::new()) };
    let manifest: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    Ok(Product::ALL
        .into_iter()
        .filter(|product| manifest["plugins"].get(product.plugin()).is_some())
        .collect())
}

/// The folder of a plugin's executable.
fn plugin_folder(product: Product, home: &Home) -> PathBuf {
    home.configuration().join("plugins").join(product.plugin())
}

/// The list of installed plugins.
fn manifest_path(home: &Home) -> PathBuf {
    home.configuration().join("plugins/manifest.json")
}

fn list(home: &Home) -> Result<Answer, Answer> {
    let mut rows = vec![["Name", "Version", "Description"], ["----", "-------", "-----------"]];
    for product in installed(home)? {
        rows.push([product.plugin(), VERSION, description(product)]);
    }
    Ok(printed(table(&rows, 20, 3)))
}

/// Installs a plugin and returns the output. The real program prints it on stdout, even before the
/// reply of a call.
fn install_one(product: Product, home: &Home) -> anyhow::Result<String> {
    let mut products = installed(home)?;
    if !products.contains(&product) {
        products.push(product);
    }
    let mut manifest = json!({ "plugins": {} });
    for product in products {
        manifest["plugins"][product.plugin()] = json!({
            "name": product.plugin(),
            "version": VERSION,
            "path": plugin_folder(product, home).display().to_string(),
            "productCode": product.name(),
            "description": description(product),
        });
    }
    home::create_private_folder(&plugin_folder(product, home))?;
    home::write_atomically(&manifest_path(home), format!("{manifest:#}\n").as_bytes())?;
    let name = product.plugin();
    Ok(format!(
        "Downloading {name} {VERSION}...\nPlugin {name} {VERSION} installed successfully!\n"
    ))
}

fn install(names: &[&str], version: Option<&str>, home: &Home) -> Result<Answer, Answer> {
    if names.is_empty() {
        return Err(host_error(1, "plugin name missing; use --name or --names"));
    }
    let mut stdout = String::new();
    for name in names {
        let Some(product) = find(name) else {
            return Err(Answer { stdout, ..host_error(1, &format!("plugin {name} not found")) });
        };
        let plugin = product.plugin();
        if let Some(version) = version.filter(|version| *version != VERSION) {
            let error = format!("version {version} not found for plugin {plugin}");
            return Err(host_error(1, &error));
        }
        stdout.push_str(&install_one(product, home)?);
    }
    Ok(printed(stdout))
}

/// Finds an installed plugin by its short or full name.
fn find_installed(name: &str, home: &Home) -> Result<Product, Answer> {
    let installed = installed(home)?;
    find(name)
        .filter(|product| installed.contains(product))
        .ok_or_else(|| host_error(1, &format!("plugin {name} is not installed")))
}

fn update(name: Option<&str>, home: &Home) -> Result<Answer, Answer> {
    if let Some(name) = name {
        let plugin = find_installed(name, home)?.plugin();
        return Ok(printed(format!(
            "Plugin {plugin} is already up to date (version {VERSION}).\n"
        )));
    }
    let installed = installed(home)?;
    if installed.is_empty() {
        return Ok(printed("No plugins installed.\n".to_owned()));
    }
    let mut text = format!("Looking for newer versions of {} plugin(s)...\n", installed.len());
    for product in installed {
        text.push_str(&format!("{} is already up to date ({VERSION})\n", product.plugin()));
    }
    text.push_str("Nothing to update.\n");
    Ok(printed(text))
}

fn show(name: Option<&str>, home: &Home) -> Result<Answer, Answer> {
    let name = name.ok_or_else(|| host_error(1, "plugin name missing; use --name"))?;
    let product = find_installed(name, home)?;
    Ok(printed(format!(
        "Name:\t{}\nVersion:\t{VERSION}\nProduct code:\t{}\nDescription:\t{}\n",
        product.plugin(),
        product.name(),
        description(product)
    )))
}

/// Ensures that the plugin of a product is installed before a call.
///
/// Returns the output that precedes the reply on both streams.
///
/// # Errors
/// The plugin is missing and automatic installation is off: without a terminal, the program cannot
/// ask.
pub fn ensure(product: Product, home: &Home, env: Environment<'_>) -> Result<Answer, Answer> {
    let (name, plugin) = (product.name(), product.plugin());
    if installed(home)?.contains(&product) {
        let folder = plugin_folder(product, home);
        if folder.is_dir() {
            return Ok(silent());
        }
        // A listed plugin is not installed again, even if its folder was removed.
        return Err(host_error(
            1,
            &format!(
                "plugin execution failed: fork/exec {}: no such file or directory",
                folder.join(plugin).display()
            ),
        ));
    }
    let notice = format!("The plugin {plugin} is needed for this command and is not installed.\n");
    let enabled_by_environment =
        env("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL").is_some_and(|value| value == "true");
    if enabled_by_environment || profile::installs_plugins(&profile::load(home)?) {
        let stderr = format!("{notice}Installing {plugin}...\n");
        return Ok(Answer { stderr, ..printed(install_one(product, home)?) });
    }
    let error = host_error(
        1,
        &format!(
            "'{name}' is not a valid built-in product.\nThe plugin {plugin} has it: aliyun plugin \
             install --names {plugin}"
        ),
    );
    Err(Answer { stderr: notice + &error.stderr, ..error })
}
