//! The unmodified SDKs of PyPI and npm. They are installed into the build folder once; where there is no
//! Python, Node.js or network the tests say so and pass, unless `LIAISON_REQUIRE_SDKS` is set.

use crate::harness::World;
use std::path::{Path, PathBuf};
use std::process::Command;

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{command:?}\n{}\n{}", text(&output.stdout), text(&output.stderr))),
    }
}

/// A folder for installed packages, named after what is to be in it.
fn installed(manifest: &str, install: impl Fn(&Path) -> Result<String, String>) -> Option<PathBuf> {
    let wanted = std::fs::read_to_string(sources().join(manifest)).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sdk-{manifest}"));
    let done = folder.join("installed");
    if std::fs::read_to_string(&done).is_ok_and(|there| there == wanted) {
        return Some(folder);
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    match install(&folder) {
        Ok(_) => {
            std::fs::write(&done, wanted).unwrap();
            Some(folder)
        }
        Err(error) => {
            assert!(std::env::var_os("LIAISON_REQUIRE_SDKS").is_none(), "cannot install {manifest}: {error}");
            eprintln!("left out, because {manifest} cannot be installed: {error}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works_unmodified() {
    let folder = installed("requirements.txt", |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        run(Command::new(folder.join("venv/bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(sources().join("requirements.txt")))
    });
    let Some(folder) = folder else { return };
    let world = World::start().await;
    let ca = world.server().ca_pem_path().unwrap();
    let said = run(Command::new(folder.join("venv/bin/python"))
        .arg(sources().join("identity.py"))
        .env("CONNECTION_STRING", world.connection().to_string())
        .env("REQUESTS_CA_BUNDLE", &ca)
        .env("SSL_CERT_FILE", &ca)
        .env("NO_PROXY", "localhost"));
    assert_eq!(said.map(|text| text.trim().to_owned()), Ok("python: ok".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_sdk_works_unmodified() {
    let folder = installed("package.json", |folder| {
        std::fs::copy(sources().join("package.json"), folder.join("package.json"))
            .map_err(|e| e.to_string())?;
        std::fs::copy(sources().join("identity.mjs"), folder.join("identity.mjs"))
            .map_err(|e| e.to_string())?;
        run(Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(folder))
    });
    let Some(folder) = folder else { return };
    // Node.js finds packages from where the script lies.
    std::fs::copy(sources().join("identity.mjs"), folder.join("identity.mjs")).unwrap();
    let world = World::start().await;
    let said = run(Command::new("node")
        .arg(folder.join("identity.mjs"))
        .env("CONNECTION_STRING", world.connection().to_string())
        .env("NODE_EXTRA_CA_CERTS", world.server().ca_pem_path().unwrap())
        .env("NO_PROXY", "localhost"));
    assert_eq!(said.map(|text| text.trim().to_owned()), Ok("node: ok".to_owned()));
}
