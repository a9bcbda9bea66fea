//! Workflow commands in task output (`::set-output …::`), and the files that tasks write outputs to.
//!
//! Main types: [`Scanner`] (a byte scanner that survives split chunks). Source: spec 07, EXT-4.
