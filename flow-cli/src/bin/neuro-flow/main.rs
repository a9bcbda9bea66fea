//! The command by the name that it had before: the same program. Source: CLI-1.

fn main() -> std::process::ExitCode {
    flow_cli::run(std::env::args_os(), flow_cli::Io::process()).into()
}
