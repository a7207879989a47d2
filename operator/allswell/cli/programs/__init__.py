"""The long-running programs as subcommands; each takes its settings from the environment."""
