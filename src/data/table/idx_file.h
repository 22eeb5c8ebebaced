// IDX (the format of MNIST, http://yann.lecun.com/exdb/mnist/): big-endian sizes, then bytes. The pictures' file, of
// (n, H, W) or (n, H, W, C), gives pixels [H, W, C]; the labels' file, (n), lies beside it and has "labels" where its
// name has "images" and idx1 for idx3 or idx4.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/table/table_file.h"

namespace gulo {

// Whether it is an IDX file of unsigned bytes by its first four bytes.
bool is_idx(std::span<const uint8_t> head);

// `labels`: the labels' file; not looked at where options.labelled is false. Errors as read_table_file.
Corpus read_idx(std::span<const uint8_t> pictures, std::span<const uint8_t> labels, const std::string& path,
                const TableOptions& options);

// The labels' file beside the pictures' file, also where only one of them is packed (.gz). Throws Error (kData) where
// the name says nothing of "images", or there is no such file.
std::string idx_labels_path(const std::string& pictures_path);

}  // namespace gulo
