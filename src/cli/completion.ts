/** `threadmill completion bash|zsh|fish`: a completion script made from the commands and flags themselves. */
import { Command } from "commander";
import { UsageError } from "../base/errors.ts";

export function completionCommand(program: Command): Command {
  return new Command("completion")
    .description("print a shell completion script")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      "\nExample:\n  threadmill completion bash > ~/.local/share/bash-completion/completions/threadmill",
    )
    .action((shell: string) => {
      const script = scripts[shell];
      if (!script)
        throw new UsageError(
          "ERR_USAGE",
          `no completion for ${JSON.stringify(shell)}; there is one for bash, zsh and fish`,
        );
      process.stdout.write(script(program));
    });
}

const flagsOf = (command: Command) => command.options.map((option) => option.long ?? option.short ?? "");

const scripts: Record<string, (program: Command) => string> = {
  bash: (program) => `_threadmill() {
  local words
  case "\${COMP_WORDS[1]}" in
${program.commands.map((command) => `    ${command.name()}) words="${flagsOf(command).join(" ")}" ;;`).join("\n")}
    *) words="${program.commands.map((command) => command.name()).join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}") $(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _threadmill threadmill
`,
  zsh: (program) => `#compdef threadmill
_threadmill() {
  if (( CURRENT == 2 )); then compadd ${program.commands.map((command) => command.name()).join(" ")}; return; fi
  case "$words[2]" in
${program.commands.map((command) => `    ${command.name()}) compadd -- ${flagsOf(command).join(" ")} ;;`).join("\n")}
  esac
  _files
}
compdef _threadmill threadmill
`,
  fish: (program) =>
    program.commands
      .flatMap((command) => [
        `complete -c threadmill -n __fish_use_subcommand -a ${command.name()} -d ${JSON.stringify(command.description())}`,
        ...command.options
          .filter((option) => option.long)
          .map(
            (option) =>
              `complete -c threadmill -n "__fish_seen_subcommand_from ${command.name()}" -l ${option.long!.slice(2)} -d ${JSON.stringify(option.description)}`,
          ),
      ])
      .join("\n") + "\n",
};
