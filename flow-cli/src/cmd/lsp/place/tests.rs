//! Addresses of files there and back.

use super::*;

#[test]
fn addresses_name_files() {
    for path in ["/a/b.yml", "/with blank/é#?%.yml", "/a/[x]/{y}"] {
        let uri = uri_of(Path::new(path)).expect("an address");
        assert_eq!(path_of(&uri), Some(PathBuf::from(path)), "{}", uri.as_str());
    }
    for other in ["untitled:Untitled-1", "http://host/a.yml", "file:relative"] {
        assert_eq!(path_of(&Uri::from_str(other).expect("an address")), None, "{other}");
    }
}
