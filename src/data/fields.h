// Several fields of one item, each a whole item of a kind of its own: a picture, a sound and a row of cells.
//
// An item of kind fields with F fields is one block of bytes: F heads of 32 bytes (uint64 bytes, uint32 type, three
// uint32 extents, uint32 rate, uint32 0), then the fields' bytes, one field after the other. Its shape is {kUint8, {F,
// 1, 1}}; its bytes are as many as all that. A field that an item has not, as a file is absent or a cell empty, has no
// bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/reader/reader.h"

namespace gulo {

// One field of all items: a column of file names by its name, or all columns that name none, of kind cells.
struct FieldColumn {
  std::string name;
  Kind kind = Kind::kCells;
  bool operator==(const FieldColumn&) const = default;
};

std::vector<uint8_t> pack_fields(std::span<const ItemView> fields);

// Throws Error (kData) where `item` is no packed item of n_fields. What it returns points into it.
std::vector<ItemView> unpack_fields(const ItemView& item, size_t n_fields);

inline bool is_missing(const ItemView& field) { return field.bytes.empty(); }

}  // namespace gulo
