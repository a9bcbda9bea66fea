//! The program: the library, on this process.

fn main() -> std::process::ExitCode {
    flow_cli::run(std::env::args_os(), flow_cli::Io::process()).into()
}
