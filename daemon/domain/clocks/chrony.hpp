// What chronyd says of the host's clock, as `chronyc -c tracking` prints it. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/time/time.hpp"

namespace nowd {

/// The bound on the clock's error: root delay / 2 + root dispersion + what is still to be slewed
/// (https://chrony-project.org/doc/4.3/chronyc.html, tracking). Nothing if the text is another one, or if chronyd is
/// not synchronised itself.
std::optional<nanoseconds> chrony_bound(std::string_view tracking);

}  // namespace nowd
