// Asio's compiled part (BOOST_ASIO_SEPARATE_COMPILATION), built once for all targets.
#include <boost/asio/impl/src.hpp>
