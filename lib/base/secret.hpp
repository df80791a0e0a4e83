// Octets that must not outlive their use: passphrases and private keys.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>

namespace mtls {

/// A move-only buffer that is overwritten when it goes. It has no text form and is never printed;
/// `view` is the only way in. Growth copies and cleanses the old buffer.
class SecretBytes final {
 public:
  SecretBytes() = default;
  /// `size` zero octets, to be filled through `data`.
  explicit SecretBytes(std::size_t size);
  explicit SecretBytes(ByteView bytes);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] SecretBytes clone() const { return SecretBytes(view()); }
  [[nodiscard]] ByteView view() const noexcept { return {m_data, m_size}; }
  [[nodiscard]] std::uint8_t* data() noexcept { return m_data; }
  [[nodiscard]] std::size_t size() const noexcept { return m_size; }
  [[nodiscard]] bool empty() const noexcept { return m_size == 0; }

  void append(ByteView bytes);
  /// Keeps the first `size` octets and overwrites the rest; `size` is at most size().
  void truncate(std::size_t size) noexcept;
  void clear() noexcept;

 private:
  std::uint8_t* m_data = nullptr;
  std::size_t m_size = 0;
  std::size_t m_capacity = 0;
};

/// Overwrites `bytes` in a way that the compiler keeps.
void cleanse(std::span<std::uint8_t> bytes) noexcept;

}  // namespace mtls
