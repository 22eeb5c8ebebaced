#include "data/fields.h"

#include <cstring>

#include "base/error.h"

namespace gulo {
namespace {

struct FieldHead {
  uint64_t n_bytes = 0;
  uint32_t type = 0;
  uint32_t extents[3] = {0, 0, 0};
  uint32_t rate_hz = 0;
  uint32_t zero = 0;
};
static_assert(sizeof(FieldHead) == 32);

constexpr uint32_t kNTypes = 5;

void check(bool good) { require(good, ErrorKind::kData, "an item of several fields is damaged"); }

}  // namespace

std::vector<uint8_t> pack_fields(std::span<const ItemView> fields) {
  std::vector<uint8_t> bytes(fields.size() * sizeof(FieldHead));
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto& [shape, content] = fields[i];
    const FieldHead head{.n_bytes = content.size(),
                         .type = static_cast<uint32_t>(shape.type),
                         .extents = {shape.extents[0], shape.extents[1], shape.extents[2]},
                         .rate_hz = shape.rate_hz};
    std::memcpy(bytes.data() + i * sizeof(FieldHead), &head, sizeof(head));
    bytes.insert(bytes.end(), content.begin(), content.end());
  }
  return bytes;
}

std::vector<ItemView> unpack_fields(const ItemView& item, size_t n_fields) {
  check(item.bytes.size() / sizeof(FieldHead) >= n_fields && item.shape.extents[0] == n_fields);
  size_t at = n_fields * sizeof(FieldHead);
  std::vector<ItemView> fields;
  for (size_t i = 0; i < n_fields; ++i) {
    FieldHead head;
    std::memcpy(&head, item.bytes.data() + i * sizeof(head), sizeof(head));
    check(head.n_bytes <= item.bytes.size() - at && head.type < kNTypes);
    const ItemShape shape{.type = static_cast<ValueType>(head.type),
                          .extents = {head.extents[0], head.extents[1], head.extents[2]},
                          .rate_hz = head.rate_hz};
    fields.push_back({shape, item.bytes.subspan(at, head.n_bytes)});
    at += head.n_bytes;
  }
  check(at == item.bytes.size());
  return fields;
}

}  // namespace gulo
