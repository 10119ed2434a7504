#include "domain/delivery/message.hpp"

namespace nowd {

const std::vector<std::string>& message_tokens(MessagePlace place) {
  static const std::vector<std::string> all{"text", "subject", "state", "verdict", "purpose", "key"};
  static const std::vector<std::string> beside_text{"subject", "state", "verdict", "purpose", "key"};
  static const std::vector<std::string> path{"state", "purpose", "key"};
  switch (place) {
    case MessagePlace::all:
      return all;
    case MessagePlace::beside_text:
      return beside_text;
    case MessagePlace::path:
      return path;
  }
  return path;
}

TemplateValues message_values(const Parcel& parcel, Now now) {
  TemplateValues values;
  values.run = parcel.run ? &*parcel.run : nullptr;
  values.now = now;
  values.message = {{"text", parcel.text},       {"subject", parcel.subject},
                    {"state", parcel.run_state}, {"verdict", parcel.verdict},
                    {"key", parcel.key},         {"purpose", std::string(to_string(parcel.purpose))}};
  return values;
}

}  // namespace nowd
