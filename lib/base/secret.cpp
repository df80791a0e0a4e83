#include "base/secret.hpp"

#include <algorithm>
#include <cstring>  // explicit_bzero, by way of string.h
#include <utility>

namespace mtls {

void cleanse(std::span<std::uint8_t> bytes) noexcept {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

SecretBytes::SecretBytes(std::size_t size)
    : m_data(size > 0 ? new std::uint8_t[size]() : nullptr), m_size(size), m_capacity(size) {}

SecretBytes::SecretBytes(ByteView bytes) : SecretBytes(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), m_data);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)),
      m_size(std::exchange(other.m_size, 0)),
      m_capacity(std::exchange(other.m_capacity, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(m_data, other.m_data);
  std::swap(m_size, other.m_size);
  std::swap(m_capacity, other.m_capacity);
  return *this;
}

SecretBytes::~SecretBytes() { clear(); }

void SecretBytes::append(ByteView bytes) {
  if (m_size + bytes.size() > m_capacity) {
    SecretBytes larger(std::max(m_capacity * 2, m_size + bytes.size()));
    std::copy(m_data, m_data + m_size, larger.m_data);
    larger.m_size = m_size;
    std::swap(*this, larger);
  }
  std::copy(bytes.begin(), bytes.end(), m_data + m_size);
  m_size += bytes.size();
}

void SecretBytes::truncate(std::size_t size) noexcept {
  cleanse({m_data + size, m_size - size});
  m_size = size;
}

void SecretBytes::clear() noexcept {
  if (m_data == nullptr) return;
  cleanse({m_data, m_capacity});
  delete[] m_data;
  m_data = nullptr;
  m_size = 0;
  m_capacity = 0;
}

}  // namespace mtls
