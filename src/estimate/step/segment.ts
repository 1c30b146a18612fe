/**
 * The memory that torch's allocator holds for one stream, with segments that grow (`expandable_segments:True`): the smallest
 * free block that is large enough is given, and split; where there is none, the end moves. What is freed joins its free
 * neighbours, and stays with the stream (`c10/cuda/CUDACachingAllocator.cpp`).
 */
export class Segment {
  /** Free blocks by address, none touching another, all below the end. */
  private readonly begins: number[] = [];
  private readonly sizes: number[] = [];
  private end = 0;

  /** Bytes that are taken from the GPU: what was in use at some time, and what lay between. */
  get reserved(): number {
    return Math.ceil(this.end / page) * page;
  }

  /** Returns the address. */
  allocate(bytes: number): number {
    const size = Math.ceil(bytes / block) * block;
    let best = -1;
    for (let index = 0; index < this.sizes.length; index++) {
      const free = this.sizes[index] as number;
      if (free >= size && (best < 0 || free < (this.sizes[best] as number))) best = index;
    }
    if (best >= 0) {
      const address = this.begins[best] as number;
      const rest = (this.sizes[best] as number) - size;
      if (rest > 0) {
        this.begins[best] = address + size;
        this.sizes[best] = rest;
      } else {
        this.remove(best);
      }
      return address;
    }
    // A free block at the end grows.
    const last = this.begins.length - 1;
    const isAtEnd = last >= 0 && (this.begins[last] as number) + (this.sizes[last] as number) === this.end;
    const address = isAtEnd ? (this.begins[last] as number) : this.end;
    if (isAtEnd) this.remove(last);
    this.end = address + size;
    return address;
  }

  free(address: number, bytes: number): void {
    const size = Math.ceil(bytes / block) * block;
    if (size === 0) return;
    const index = this.firstBehind(address);
    const before = index - 1;
    const joinsBefore = before >= 0 && (this.begins[before] as number) + (this.sizes[before] as number) === address;
    const joinsAfter = index < this.begins.length && address + size === this.begins[index];
    if (joinsBefore) {
      (this.sizes[before] as number) += size;
      if (joinsAfter) {
        (this.sizes[before] as number) += this.sizes[index] as number;
        this.remove(index);
      }
    } else if (joinsAfter) {
      this.begins[index] = address;
      (this.sizes[index] as number) += size;
    } else {
      this.begins.splice(index, 0, address);
      this.sizes.splice(index, 0, size);
    }
  }

  /** The free block behind an address, by halves: this is where the most time of a step goes. */
  private firstBehind(address: number): number {
    let [low, high] = [0, this.begins.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.begins[middle] as number) > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private remove(index: number): void {
    this.begins.splice(index, 1);
    this.sizes.splice(index, 1);
  }
}

/** Sizes of blocks are multiples of this. */
const block = 512;

/** The GPU gives memory in pages of 20 MiB. */
const page = 20 * 2 ** 20;
