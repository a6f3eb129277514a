//! What cargo is asked to build: the configuration, and the options that go before it.

use std::path::PathBuf;

use clap::Args;

use crate::config::ModelsConfig;

/// Where the models are read from.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Models")]
pub(crate) struct ModelArgs {
    /// Read this executable or library (.rlib) and build nothing; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) artifact: Vec<PathBuf>,

    /// Read the models of this package; may be given more than once
    #[arg(short, long = "package", value_name = "PACKAGE", conflicts_with = "artifact")]
    pub(crate) package: Vec<String>,

    /// Build with these features
    #[arg(
        short = 'F',
        long,
        value_name = "FEATURES",
        value_delimiter = ',',
        conflicts_with = "artifact"
    )]
    pub(crate) features: Vec<String>,

    /// Build with all features
    #[arg(long, conflicts_with = "artifact")]
    pub(crate) all_features: bool,

    /// Build without the default features
    #[arg(long, conflicts_with = "artifact")]
    pub(crate) no_default_features: bool,

    /// Build with this profile
    #[arg(long, value_name = "PROFILE", conflicts_with = "artifact")]
    pub(crate) profile: Option<String>,

    /// Build with the profile `release`
    #[arg(short, long, conflicts_with_all = ["profile", "artifact"])]
    pub(crate) release: bool,

    /// Let cargo change nothing in `Cargo.lock`
    #[arg(long, conflicts_with = "artifact")]
    pub(crate) locked: bool,

    /// Let cargo use no network
    #[arg(long, conflicts_with = "artifact")]
    pub(crate) offline: bool,

    /// As `--locked` and `--offline`
    #[arg(long, conflicts_with = "artifact")]
    pub(crate) frozen: bool,
}

/// What cargo is asked to build.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// The packages by name; none means cargo's own choice for the directory.
    pub(crate) packages: Vec<String>,
    features: Vec<String>,
    flags: Vec<&'static str>,
    profile: Option<String>,
}

impl Selection {
    /// Returns what the options ask for, and the configuration where they are silent.
    pub(crate) fn new(config: &ModelsConfig, arguments: &ModelArgs) -> Self {
        let given = |given: &[String], configured: &[String]| {
            if given.is_empty() {
                configured.to_vec()
            } else {
                given.to_vec()
            }
        };
        let (lib, bins) = (config.lib.unwrap_or(true), config.bins.unwrap_or(true));
        let flags = [
            (arguments.all_features || config.all_features, "--all-features"),
            (
                arguments.no_default_features || config.no_default_features,
                "--no-default-features",
            ),
            (arguments.locked, "--locked"),
            (arguments.offline, "--offline"),
            (arguments.frozen, "--frozen"),
            (!bins, "--lib"),
            (!lib, "--bins"),
        ];
        let profile = if arguments.release {
            Some("release".to_owned())
        } else {
            arguments.profile.clone()
        };
        Selection {
            packages: given(&arguments.package, &config.packages),
            features: given(&arguments.features, &config.features),
            flags: flags
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, flag)| *flag)
                .collect(),
            profile: profile.or_else(|| config.profile.clone()),
        }
    }

    /// Returns the arguments of `cargo build` that say so.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for package in &self.packages {
            arguments.extend(["--package".to_owned(), package.clone()]);
        }
        if !self.features.is_empty() {
            arguments.extend(["--features".to_owned(), self.features.join(",")]);
        }
        if let Some(profile) = &self.profile {
            arguments.extend(["--profile".to_owned(), profile.clone()]);
        }
        arguments.extend(self.flags.iter().map(|flag| (*flag).to_owned()));
        arguments
    }

    /// Returns the features in words.
    pub(crate) fn feature_words(&self) -> Vec<String> {
        let mut words = self.features.clone();
        if self.flags.contains(&"--all-features") {
            words.push("all".to_owned());
        } else if !self.flags.contains(&"--no-default-features") {
            words.insert(0, "default".to_owned());
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_go_before_the_configuration() {
        let config = ModelsConfig {
            packages: vec!["a".to_owned()],
            features: vec!["x".to_owned()],
            bins: Some(false),
            ..ModelsConfig::default()
        };
        let selection = Selection::new(&config, &ModelArgs::default());
        assert_eq!(
            selection.arguments(),
            ["--package", "a", "--features", "x", "--lib"]
        );
        let arguments = ModelArgs {
            package: vec!["b".to_owned()],
            release: true,
            no_default_features: true,
            ..ModelArgs::default()
        };
        let selection = Selection::new(&config, &arguments);
        assert_eq!(
            selection.arguments(),
            [
                "--package",
                "b",
                "--features",
                "x",
                "--profile",
                "release",
                "--no-default-features",
                "--lib"
            ]
        );
        assert_eq!(selection.feature_words(), ["x"]);
    }
}
