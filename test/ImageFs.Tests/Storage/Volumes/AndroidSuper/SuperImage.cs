using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ImageFs.Tests.Storage.Volumes.AndroidSuper;

/// <summary>A super partition, written structure by structure as liblp's metadata_format.h has it.</summary>
internal sealed class SuperImage
{
    public const int Sector = 512;
    public const int MaxLength = 4096;
    public const int Slots = 2;
    public const int FirstUsable = 64 << 10;

    private readonly List<byte[]> _partitions = [];
    private readonly List<byte[]> _extents = [];
    private readonly List<byte[]> _devices = [];

    public SuperImage(int length)
    {
        Bytes = new byte[length];
        AddDevice("super", length);
    }

    /// <summary>Its bytes.</summary>
    public byte[] Bytes { get; }

    /// <summary>The minor version: from 2 on the header is longer.</summary>
    public ushort Minor { get; set; } = 2;

    /// <summary>The flags of a longer header.</summary>
    public uint Flags { get; set; }

    /// <summary>Where a copy of a slot is.</summary>
    public static int PlaceOf(int slot, int copy = 0) => 12288 + (((copy * Slots) + slot) * MaxLength);

    /// <summary>Adds a device.</summary>
    public SuperImage AddDevice(string name, long length)
    {
        byte[] entry = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(entry, FirstUsable / Sector);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(8), 4096);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(16), length);
        Encoding.UTF8.GetBytes(name, entry.AsSpan(24));
        _devices.Add(entry);
        return this;
    }

    /// <summary>Adds a logical partition of extents: bytes, the device (-1 for zeros) and where they are on it.</summary>
    public SuperImage Add(string name, params (long Length, int Device, long Address)[] extents) => Add(name, 1, extents);

    /// <summary>The same with attributes.</summary>
    public SuperImage Add(string name, uint attributes, params (long Length, int Device, long Address)[] extents)
    {
        byte[] entry = new byte[52];
        Encoding.UTF8.GetBytes(name, entry);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(36), attributes);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(40), _extents.Count);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(44), extents.Length);
        _partitions.Add(entry);
        foreach ((long length, int device, long address) in extents)
        {
            byte[] extent = new byte[24];
            BinaryPrimitives.WriteInt64LittleEndian(extent, length / Sector);
            BinaryPrimitives.WriteInt32LittleEndian(extent.AsSpan(8), device < 0 ? 1 : 0);
            BinaryPrimitives.WriteInt64LittleEndian(extent.AsSpan(12), address / Sector);
            BinaryPrimitives.WriteInt32LittleEndian(extent.AsSpan(20), Math.Max(device, 0));
            _extents.Add(extent);
        }

        return this;
    }

    /// <summary>Writes both copies of the geometry, and both of each slot.</summary>
    public byte[] Finish()
    {
        PutGeometry(4096, MaxLength, Slots);
        PutGeometry(8192, MaxLength, Slots);
        for (int copy = 0; copy < 2; copy++)
        {
            for (int slot = 0; slot < Slots; slot++)
            {
                Put(PlaceOf(slot, copy));
            }
        }

        return Bytes;
    }

    /// <summary>Writes a geometry.</summary>
    public void PutGeometry(int place, uint maxLength, uint slots)
    {
        Span<byte> geometry = Bytes.AsSpan(place, 52);
        geometry.Clear();
        "gDla"u8.CopyTo(geometry);
        BinaryPrimitives.WriteInt32LittleEndian(geometry[4..], 52);
        BinaryPrimitives.WriteUInt32LittleEndian(geometry[40..], maxLength);
        BinaryPrimitives.WriteUInt32LittleEndian(geometry[44..], slots);
        BinaryPrimitives.WriteUInt32LittleEndian(geometry[48..], 4096);
        SHA256.HashData(geometry, geometry[8..]);
    }

    /// <summary>Writes a copy of the metadata.</summary>
    public void Put(int place)
    {
        byte[] group = new byte[48];
        "default"u8.CopyTo(group);
        int length = Minor < 2 ? 128 : 256;
        byte[][][] tables = [[.. _partitions], [.. _extents], [group], [.. _devices]];
        byte[] bytes = [.. tables.SelectMany(table => table).SelectMany(entry => entry)];
        Span<byte> header = Bytes.AsSpan(place, length);
        header.Clear();
        "0PLA"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 10);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], Minor);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], length);
        BinaryPrimitives.WriteInt32LittleEndian(header[44..], bytes.Length);
        int[] lengths = [52, 24, 48, 64];
        int offset = 0;
        for (int i = 0; i < tables.Length; i++)
        {
            Span<byte> descriptor = header[(80 + (i * 12))..];
            BinaryPrimitives.WriteInt32LittleEndian(descriptor, offset);
            BinaryPrimitives.WriteInt32LittleEndian(descriptor[4..], tables[i].Length);
            BinaryPrimitives.WriteInt32LittleEndian(descriptor[8..], lengths[i]);
            offset += tables[i].Length * lengths[i];
        }

        if (length > 128)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[128..], Flags);
        }

        bytes.CopyTo(Bytes, place + length);
        Sum(place);
    }

    /// <summary>Writes the checksums of a copy that was changed.</summary>
    public void Sum(int place)
    {
        Span<byte> header = Bytes.AsSpan(place, BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(place + 8)));
        SHA256.HashData(Bytes.AsSpan(place + header.Length, BinaryPrimitives.ReadInt32LittleEndian(header[44..])), header[48..]);
        header.Slice(12, 32).Clear();
        SHA256.HashData(header, header[12..]);
    }
}
