// Words that other tools have for what mtlsctl does under another name, or cannot do yet.
#pragma once

#include <string>
#include <string_view>

namespace mtls::cmd {

/// Throws usage with what does it, or comes nearest, where `word` is such a word; `command` is the
/// command as it was typed ("mtlsctl cert revoke"). Returns for other words.
void refuse_foreign_word(std::string_view command, std::string_view word);

}  // namespace mtls::cmd
