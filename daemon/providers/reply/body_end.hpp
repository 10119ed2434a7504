// How the body of an answer came to its end, which proves an answer whole or does not.
#pragma once

namespace nowd {

enum class BodyEnd {
  cut,     ///< it broke off, or never ended
  closed,  ///< the connection was closed, which may be an end or a cut: the body has no frame that says which
  framed,  ///< all of its length came, or its last chunk
};

}  // namespace nowd
