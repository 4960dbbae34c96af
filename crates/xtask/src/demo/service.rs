//! The service and what it is told before the call.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::build::Programs;
use crate::child::Process;
use crate::shell;

/// A running `liaison serve`.
#[derive(Debug)]
pub struct Service {
    process: Process,
    program: PathBuf,
    data: PathBuf,
    /// Its address for clients.
    pub endpoint: String,
}

/// What the service was furnished with.
#[derive(Debug)]
pub struct World {
    /// The tenant's id.
    pub tenant: String,
    /// The raw id of the staff member: `8:orgid:` and the object id.
    pub staff: String,
    /// The raw id of the kiosk's user.
    pub kiosk: String,
    /// The staff member's token.
    pub staff_token: PathBuf,
    /// The kiosk's token.
    pub kiosk_token: PathBuf,
}

/// The staff member's principal name.
const STAFF_UPN: &str = "front.desk@contoso.example";

impl Service {
    /// Starts it on a free port and waits for its line.
    pub fn start(programs: &Programs, scratch: &Path) -> Result<Self> {
        let data = scratch.join("data");
        let process = Process::start(
            "service",
            Command::new(&programs.liaison).args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data),
        )?;
        let endpoint = process.wait_for("its line that it is ready", Duration::from_secs(30), |line| {
            let rest = line.text.strip_prefix("liaison is ready at ")?;
            Some(rest.split([',', ' ']).next().unwrap_or(rest).to_owned())
        })?;
        println!("service ready at {endpoint} (process {})", process.pid());
        Ok(Self { process, program: programs.liaison.clone(), data, endpoint })
    }

    /// The certificate authority that clients have to trust.
    pub fn ca(&self) -> PathBuf {
        self.data.join("ca.pem")
    }

    /// What it has used so far.
    pub fn usage(&self) -> Option<crate::child::Usage> {
        self.process.usage()
    }

    /// Runs one `liaison admin` command and gives its JSON.
    pub fn admin(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = Command::new(&self.program);
        command.arg("admin").args(arguments).arg("--json").arg("--data").arg(&self.data);
        let text = shell::output(&mut command)?;
        serde_json::from_str(&text).with_context(|| format!("`{}` printed no JSON", shell::show(&command)))
    }

    /// Tenant, staff member, federation, tokens.
    pub fn furnish(&self, scratch: &Path) -> Result<World> {
        let resources = self.admin(&["resource", "list"])?;
        let resource = text(&resources[0], "id")?;
        let tenant = text(&self.admin(&["tenant", "create", "--name", "Contoso"])?, "id")?;
        let staff = text(
            &self.admin(&[
                "user",
                "add",
                "--tenant",
                &tenant,
                "--upn",
                STAFF_UPN,
                "--display-name",
                "Front desk",
            ])?,
            "raw_id",
        )?;
        let world = World {
            staff_token: scratch.join("staff.token"),
            kiosk_token: scratch.join("kiosk.token"),
            kiosk: self.token(&["--new"], &scratch.join("kiosk.token"))?,
            tenant,
            staff,
        };
        self.token(&["--upn", STAFF_UPN], &world.staff_token)?;
        self.admin(&[
            "federation",
            "set",
            "--tenant",
            &world.tenant,
            "--enable-acs-users",
            "true",
            "--allowed-acs-resources",
            &resource,
        ])?;
        println!("{} may be called by the users of resource {resource}", world.staff);
        Ok(world)
    }

    /// Switches the tenant's federation off.
    pub fn forbid(&self, world: &World) -> Result<()> {
        self.admin(&["federation", "set", "--tenant", &world.tenant, "--enable-acs-users", "false"])
            .map(|_| ())
    }

    fn token(&self, subject: &[&str], file: &Path) -> Result<String> {
        let issued = self.admin(&[&["token", "--scopes", "voip,chat"], subject].concat())?;
        let token = text(&issued, "token")?;
        std::fs::write(file, token).with_context(|| format!("cannot write {}", file.display()))?;
        text(&issued, "raw_id")
    }

    /// Asks it to end.
    pub fn stop(self) -> Result<()> {
        let status = self.process.terminate(Duration::from_secs(15))?;
        if !status.success() {
            bail!("the service did not end well ({status})");
        }
        Ok(())
    }
}

/// A text field of an object.
fn text(value: &Value, field: &str) -> Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("`{field}` is missing in {value}"))
}
