use super::*;
use std::path::Path;

fn folder(dir: &Path) -> Arc<DataFolder> {
    Arc::new(DataFolder::create_and_lock(dir).unwrap())
}

fn own_ca(names: &[&str]) -> Source {
    Source::OwnCa { names: names.iter().map(|name| (*name).to_owned()).collect() }
}

fn served(dir: &Path, source: Source) -> Result<Vec<u8>, ServerError> {
    let tls = Tls::open(folder(dir), source)?;
    let current = tls.current.0.read().unwrap();
    Ok(current.cert[0].to_vec())
}

fn leaf(dir: &Path) -> Chain {
    let ring = rustls::crypto::ring::default_provider();
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    Chain::parse(&read(LEAF), &read(LEAF_KEY), &ring).unwrap()
}

#[test]
fn the_certificate_stays_until_it_must_change() {
    let dir = tempfile::tempdir().unwrap();
    let first = served(dir.path(), own_ca(&[])).unwrap();
    assert_eq!(leaf(dir.path()).names, ["localhost", "127.0.0.1", "::1"]);
    assert_eq!(served(dir.path(), own_ca(&[])).unwrap(), first, "kept over restarts");
    let ca = std::fs::read(dir.path().join(CA)).unwrap();

    let named = served(dir.path(), own_ca(&["calls.example", "10.1.2.3"])).unwrap();
    assert_ne!(named, first, "a new name needs a new certificate");
    assert!(leaf(dir.path()).names.contains(&"10.1.2.3".to_owned()));
    assert_eq!(served(dir.path(), own_ca(&[])).unwrap(), named, "more names than wanted do no harm");
    assert_eq!(std::fs::read(dir.path().join(CA)).unwrap(), ca, "clients keep their CA");

    std::fs::write(dir.path().join(LEAF), "damaged").unwrap();
    assert_ne!(served(dir.path(), own_ca(&[])).unwrap(), named);
}

#[test]
fn a_certificate_near_its_end_is_renewed_while_serving() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::open(folder(dir.path()), own_ca(&[])).unwrap();
    let authority = Authority::load_or_create(&tls.folder).unwrap();
    let (chain, key) = authority.issue(&wanted_names(&[]), RENEW_BEFORE - Duration::hours(1)).unwrap();
    std::fs::write(dir.path().join(LEAF), chain).unwrap();
    std::fs::write(dir.path().join(LEAF_KEY), key).unwrap();
    assert!(leaf(dir.path()).not_after < OffsetDateTime::now_utc() + RENEW_BEFORE);
    tls.refresh().unwrap();
    assert!(leaf(dir.path()).not_after > OffsetDateTime::now_utc() + RENEW_BEFORE);
    assert_eq!(tls.current.0.read().unwrap().cert[0], leaf(dir.path()).certified.cert[0]);
}

#[test]
fn another_ca_means_another_certificate() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = served(dir.path(), own_ca(&[])).unwrap();
    served(other.path(), own_ca(&[])).unwrap();
    for name in [CA, files::CA_KEY] {
        std::fs::copy(other.path().join(name), dir.path().join(name)).unwrap();
    }
    assert_ne!(served(dir.path(), own_ca(&[])).unwrap(), first);
}

#[test]
fn a_ca_without_its_key_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    served(dir.path(), own_ca(&[])).unwrap();
    std::fs::remove_file(dir.path().join(files::CA_KEY)).unwrap();
    let error = served(dir.path(), own_ca(&[])).unwrap_err();
    assert!(error.to_string().contains("restore the other"), "{error}");
    std::fs::write(dir.path().join(files::CA_KEY), "damaged").unwrap();
    let error = served(dir.path(), own_ca(&[])).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn given_files_are_checked() {
    let (dir, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    served(theirs.path(), own_ca(&["calls.example"])).unwrap();
    let (chain, key) = (theirs.path().join(LEAF), theirs.path().join(LEAF_KEY));
    let source = |chain: &Path, key: &Path| Source::Files { chain: chain.to_owned(), key: key.to_owned() };
    let certificate = served(dir.path(), source(&chain, &key)).unwrap();
    assert_eq!(certificate, leaf(theirs.path()).certified.cert[0].to_vec());
    assert!(!dir.path().join(CA).exists(), "no CA of our own when a certificate is given");
    let text = |chain: &Path, key: &Path| served(dir.path(), source(chain, key)).unwrap_err().to_string();
    let absent = dir.path().join("absent.pem");
    assert!(text(&absent, &key).contains("there is no file"));
    assert!(text(&key, &key).contains("no certificate in PEM"));
    assert!(text(&chain, &chain).contains("no private key in PEM"));
    let foreign = theirs.path().join(files::CA_KEY);
    assert!(text(&chain, &foreign).contains("do not belong together"));
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    served(dir.path(), own_ca(&[])).unwrap();
    for name in [files::CA_KEY, LEAF_KEY] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
