"""Run the long-running programs as subcommands; each is configured by its environment."""
