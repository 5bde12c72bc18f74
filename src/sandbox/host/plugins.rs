//! `plugin`: installs and lists plugins. Initially none is installed, so that a first run exercises
//! all steps of the guard.

use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::Result;
use serde_json::{Value, json};

use crate::api::operations::Product;
use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::home::{self, Home};
use crate::sandbox::host::flags::{many, one, parse};
use crate::sandbox::host::{no_such_command, table, usage};
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

pub fn run(args: &[String], home: &Home) -> Result<Answer> {
    let Some((command, rest)) = args.split_first() else {
        return Ok(host_error(3, "command missing; see the help of plugin"));
    };
    let flags = match command.as_str() {
        "list" => &[][..],
        "install" => &[one("--name"), many("--names"), one("--version")][..],
        "update" | "show" => &[one("--name")][..],
        "help" | "--help" | "-h" => return Ok(usage()),
        flag if flag.starts_with('-') => {
            return Ok(host_error(2, &format!("invalid flag {flag}")));
        }
        other => return Ok(no_such_command(other, COMMANDS)),
    };
    let flags = match parse(rest, flags) {
        Err(refusal) => return Ok(refusal),
        Ok(flags) if flags.help => return Ok(usage()),
        Ok(flags) => flags,
    };
    match command.as_str() {
        "list" => list(home),
        "install" => {
            let names: Vec<&str> = flags.values("--name").chain(flags.values("--names")).collect();
            install(&names, flags.value("--version"), home)
        }
        "update" => update(flags.value("--name"), home),
        _ => show(flags.value("--name"), home),
    }
}

/// The product whose plugin has that name, short or full.
fn find(name: &str) -> Option<Product> {
    Product::ALL.into_iter().find(|product| name == product.name() || name == product.plugin())
}

/// The installed plugins, ordered by name.
fn installed(home: &Home) -> Result<Vec<Product>> {
    let path = home.plugins().join("manifest.json");
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
    home.plugins().join(product.plugin())
}

fn add_to_manifest(product: Product, home: &Home) -> Result<()> {
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
    let path = home.plugins().join("manifest.json");
    home::write_atomically(&path, format!("{manifest:#}\n").as_bytes())
}

fn list(home: &Home) -> Result<Answer> {
    let mut rows = vec![
        ["Name", "Version", "Description"].map(str::to_owned).to_vec(),
        ["----", "-------", "-----------"].map(str::to_owned).to_vec(),
    ];
    for product in installed(home)? {
        rows.push([product.plugin(), VERSION, description(product)].map(str::to_owned).to_vec());
    }
    Ok(printed(table(&rows, 20, 3)))
}

/// Installs a plugin and returns the output. The real program prints it on stdout, even before the
/// reply of a call.
fn install_one(product: Product, home: &Home) -> Result<String> {
    add_to_manifest(product, home)?;
    let name = product.plugin();
    Ok(format!(
        "Downloading {name} {VERSION}...\nPlugin {name} {VERSION} installed successfully!\n"
    ))
}

fn install(names: &[&str], version: Option<&str>, home: &Home) -> Result<Answer> {
    if names.is_empty() {
        return Ok(host_error(1, "plugin name missing; use --name or --names"));
    }
    let mut text = String::new();
    for name in names {
        let Some(product) = find(name) else {
            let mut answer = host_error(1, &format!("plugin {name} not found"));
            answer.stdout = text;
            return Ok(answer);
        };
        if let Some(version) = version.filter(|version| *version != VERSION) {
            let refusal = format!("version {version} not found for plugin {}", product.plugin());
            return Ok(host_error(1, &refusal));
        }
        text.push_str(&install_one(product, home)?);
    }
    Ok(printed(text))
}

fn update(name: Option<&str>, home: &Home) -> Result<Answer> {
    let installed = installed(home)?;
    if let Some(name) = name {
        return Ok(match find(name).filter(|product| installed.contains(product)) {
            Some(product) => printed(format!(
                "Plugin {} is already up to date (version {VERSION}).\n",
                product.plugin()
            )),
            None => not_installed(name),
        });
    }
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

fn show(name: Option<&str>, home: &Home) -> Result<Answer> {
    let Some(name) = name else {
        return Ok(host_error(1, "plugin name missing; use --name"));
    };
    let installed = installed(home)?;
    Ok(match find(name).filter(|product| installed.contains(product)) {
        Some(product) => printed(format!(
            "Name:\t{}\nVersion:\t{VERSION}\nProduct code:\t{}\nDescription:\t{}\n",
            product.plugin(),
            product.name(),
            description(product)
        )),
        None => not_installed(name),
    })
}

fn not_installed(name: &str) -> Answer {
    host_error(1, &format!("plugin {name} is not installed"))
}

/// Ensures that the plugin of a product is installed before a call.
///
/// Returns the output that precedes the reply on both streams, or the error if automatic
/// installation is off: without a terminal, the program cannot ask.
pub fn ensure(
    product: Product,
    home: &Home,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Result<Answer, Answer>> {
    let plugin = product.plugin();
    if installed(home)?.contains(&product) {
        let folder = plugin_folder(product, home);
        if folder.is_dir() {
            return Ok(Ok(silent()));
        }
        // A listed plugin is not installed again, even if its folder was removed.
        return Ok(Err(host_error(
            1,
            &format!(
                "plugin execution failed: fork/exec {}: no such file or directory",
                folder.join(plugin).display()
            ),
        )));
    }
    let note = format!("The plugin {plugin} is needed for this command and is not installed.\n");
    let enabled_by_environment =
        env("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL").is_some_and(|value| value == "true");
    if enabled_by_environment || profile::installs_plugins(&profile::load(home)?) {
        let stderr = format!("{note}Installing {plugin}...\n");
        return Ok(Ok(Answer { stderr, ..printed(install_one(product, home)?) }));
    }
    let name = product.name();
    let refusal = format!(
        "'{name}' is not a valid built-in product.\nThe plugin {plugin} has it: aliyun plugin \
         install --names {plugin}"
    );
    let mut answer = host_error(1, &refusal);
    answer.stderr.insert_str(0, &note);
    Ok(Err(answer))
}
