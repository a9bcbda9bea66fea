//! Arguments of the web console.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args as ClapArgs;

/// `console`. Source: EXT-6.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  apolo-flow console\n  apolo-flow console --port 9000 --read-only\n\n\
    Only this machine can reach it, and only with the printed address or a token.")]
pub(crate) struct Console {
    /// The port to serve on; 0 takes a free one
    #[arg(long, default_value_t = 8787, value_name = "N")]
    pub port: u16,
    /// The address to serve on; one that other machines reach wants TLS files, or `--insecure`
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDR")]
    pub bind: IpAddr,
    /// A host name that browsers may use for this console, besides this machine's own; may be repeated
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// Let nobody change anything
    #[arg(long)]
    pub read_only: bool,
    /// The certificate to serve TLS with, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Serve without TLS on an address that other machines reach: others may read along
    #[arg(long, conflicts_with = "tls_cert")]
    pub insecure: bool,
}
