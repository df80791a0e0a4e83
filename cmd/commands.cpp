#include "cmd/commands.hpp"

#include "cmd/command.hpp"

#include <array>

namespace mtls::cmd {
namespace {

constexpr std::array k_commands{
    CommandEntry{"version", "Print the version", add_version},
    CommandEntry{"help", "Explain a command or a topic", add_help},
};

constexpr std::array k_nouns{
    NounEntry{"ca", "A certificate authority in a directory"},
    NounEntry{"cert", "What the ledger of a CA holds"},
    NounEntry{"profile", "What certificates may be and hold"},
};

}  // namespace

std::span<const CommandEntry> command_table() { return k_commands; }

std::span<const NounEntry> noun_table() { return k_nouns; }

}  // namespace mtls::cmd
