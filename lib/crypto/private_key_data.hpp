// What a PrivateKey holds. Private to this room.
#pragma once

#include "crypto/evp_key.hpp"
#include "crypto/private_key.hpp"
#include "crypto/private_key_info.hpp"

#include <utility>

namespace mtls::crypto {

struct PrivateKey::Data {
  Data(KeyPair pair, const ossl::Context& context)
      : public_key(std::move(pair.public_key)), evp(std::move(pair.evp), context) {}

  PublicKey public_key;
  EvpKey evp;
};

}  // namespace mtls::crypto
