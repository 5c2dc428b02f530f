using System.Buffers.Binary;
using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

public sealed class PagesTests
{
    private const int Strip = 16;

    // What says whether a page is there: proc_pid_pagemap(5).
    private const int EntrySize = 8;
    private const ulong IsPresent = 1UL << 63;

    [Test]
    public void All_pages_of_a_strip_are_brought_in_and_keep_what_they_held()
    {
        using var buffer = new PageBuffer(4 * Strip * PageBuffer.PageSize);
        Span<byte> strip = buffer.Span.Slice(Strip * PageBuffer.PageSize, Strip * PageBuffer.PageSize);
        strip[3 * PageBuffer.PageSize] = 7;
        Assert.That(CountPresent(buffer, Strip, Strip), Is.EqualTo(1));

        Pages.Populate(strip[1..^1]);
        Assert.That(CountPresent(buffer, Strip, Strip), Is.EqualTo(Strip));
        Assert.That(CountPresent(buffer, 2 * Strip, Strip), Is.Zero, "nothing after it");
        Assert.That(strip[3 * PageBuffer.PageSize], Is.EqualTo(7));
        Assert.That(strip.IndexOfAnyExcept((byte)0), Is.EqualTo(3 * PageBuffer.PageSize));
    }

    private static int CountPresent(PageBuffer buffer, int first, int count)
    {
        byte[] entries = new byte[count * EntrySize];
        using FileStream map = File.OpenRead("/proc/self/pagemap");
        map.Position = ((buffer.DangerousGetHandle() / PageBuffer.PageSize) + first) * EntrySize;
        map.ReadExactly(entries);
        return Enumerable.Range(0, count).Count(i => (BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(i * EntrySize)) & IsPresent) != 0);
    }
}
