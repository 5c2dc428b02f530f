using ImageFs.Linux;

namespace ImageFs.Storage.Caching;

/// <summary>
/// Where a mount keeps what is dear to read again, of all its layers together: a folder of this machine (<c>cache-dir=</c>), and how many bytes
/// may be there (<c>cache-limit=</c>). Nothing is made in it before it is used, and its files have no names: they go with the mount.
/// </summary>
/// <remarks>
/// A hand goes round the parts of all files. What it comes to next makes room; a part that was used since it came there last is passed over,
/// and so is one that somebody holds.
/// </remarks>
/// <param name="path">The folder; null for the first of the usual ones in which a file can be made.</param>
/// <param name="maxBytes">Bytes kept at most.</param>
public sealed class CacheFolder(string? path = null, long maxBytes = CacheFolder.UsualBytes)
{
    /// <summary>Bytes kept when nobody says how many.</summary>
    public const long UsualBytes = 2L << 30;

    private const string FolderOption = "cache-dir";
    private const string LimitOption = "cache-limit";
    private const long Min = 1 << 20;

    // The first time round is not a whole one, and the second only takes the marks of use away.
    private const int MaxRounds = 3;

    private readonly object _sync = new();
    private readonly List<CacheChunk> _chunks = [];
    private int _hand;
    private long _used;
    private FolderCounts _counts;

    /// <summary>Bytes kept at most.</summary>
    public long MaxBytes => maxBytes;

    /// <summary>What was kept and used so far.</summary>
    public FolderCounts Counts
    {
        get
        {
            lock (_sync)
            {
                return _counts with { Kept = _used };
            }
        }
    }

    /// <summary>The folders in which files may be made, the first one first.</summary>
    public IEnumerable<string> Folders => path is null ? UsualFolders() : [path];

    /// <summary>
    /// Makes a file without a name in one of <see cref="Folders"/>, open for reading and writing: this process itself, unless another does so
    /// for it.
    /// </summary>
    public Func<string, FileDescriptor> MakeUnnamed { get; init; } = static folder =>
    {
        FileWriting.MakeFolder(folder);
        return FileWriting.MakeUnnamed(folder);
    };

    /// <summary>The same, of which nothing is used yet, with another to make its files.</summary>
    public CacheFolder With(Func<string, FileDescriptor> makeUnnamed) => new(path, maxBytes) { MakeUnnamed = makeUnnamed };

    /// <summary>Takes the options.</summary>
    /// <exception cref="OptionException">The size is none, or too small.</exception>
    public static CacheFolder Take(OptionList options)
    {
        string? folder = options.TakeValue(FolderOption) is { } named ? Paths.Full(named) : null;
        return options.TakeSize(LimitOption) switch
        {
            null => new CacheFolder(folder),
            >= Min and long bytes => new CacheFolder(folder, bytes),
            long bytes => throw new OptionException($"{LimitOption}={bytes}", $"must be at least {Min} bytes"),
        };
    }

    /// <summary>Makes a file for the bytes of a source.</summary>
    /// <param name="length">Length of the source in bytes, or what it has at most; at least 1.</param>
    /// <exception cref="LinuxException">No such file can be made, in none of the folders.</exception>
    public CacheFile Make(long length) => Make(folder => new CacheFile(this, MakeIn(folder, length)));

    /// <summary>Makes a file for all of something, which nothing is let go of: it does not count for <see cref="MaxBytes"/>.</summary>
    /// <returns>It is open for reading and writing, and empty.</returns>
    /// <exception cref="LinuxException">No such file can be made, in none of the folders.</exception>
    public FileDescriptor MakeWhole() => Make(MakeUnnamed);

    private T Make<T>(Func<string, T> makeIn)
    {
        LinuxException? failure = null;
        foreach (string folder in Folders)
        {
            try
            {
                return makeIn(folder);
            }
            catch (LinuxException e)
            {
                failure ??= e;
            }
        }

        throw new LinuxException(
            failure!.Call, failure.Errno, path ?? "a folder for what is kept", "cache-dir=DIR names another folder, cache=none keeps nothing");
    }

    /// <summary>Takes hold of the bytes of a file that are there from an offset on.</summary>
    /// <returns>How many, at most as many as wanted; 0 when the first is not there.</returns>
    internal long Hold(CacheFile file, long offset, long maxLength)
    {
        lock (_sync)
        {
            long length = Walk(file, offset, maxLength, hold: 1);
            _counts = length > 0 ? _counts with { Read = _counts.Read + length } : _counts;
            return length;
        }
    }

    /// <summary>Lets go of what <see cref="Hold"/> took hold of.</summary>
    internal void Release(CacheFile file, long offset, long length)
    {
        lock (_sync)
        {
            for (long number = offset / CacheChunk.Size; number <= (offset + length - 1) / CacheChunk.Size; number++)
            {
                // None of a file that was closed meanwhile.
                if (file.Chunks.TryGetValue(number, out CacheChunk? chunk))
                {
                    chunk.Holds--;
                }
            }
        }
    }

    /// <summary>As <see cref="CacheFile.LengthFrom"/>.</summary>
    internal long LengthFrom(CacheFile file, long offset, long maxLength)
    {
        lock (_sync)
        {
            return Walk(file, offset, maxLength, hold: 0);
        }
    }

    /// <summary>As <see cref="CacheFile.MissingFrom"/>.</summary>
    internal long MissingFrom(CacheFile file, long offset, long maxLength)
    {
        lock (_sync)
        {
            long length = 0;
            while (length < maxLength)
            {
                (long number, long place) = Math.DivRem(offset + length, CacheChunk.Size);
                int next = file.Chunks.TryGetValue(number, out CacheChunk? chunk) ? chunk.NextFrom((int)place) : CacheChunk.Size;
                length += next - place;
                if (next < CacheChunk.Size)
                {
                    break;
                }
            }

            return Math.Min(length, maxLength);
        }
    }

    /// <summary>Makes room for bytes of a file that are about to be written, and holds their chunks until <see cref="Settle"/>.</summary>
    /// <returns>For how many there is room now.</returns>
    internal int Reserve(CacheFile file, long offset, int maxLength)
    {
        lock (_sync)
        {
            int length = 0;
            while (length < maxLength)
            {
                (long number, long place) = Math.DivRem(offset + length, CacheChunk.Size);
                int part = (int)Math.Min(CacheChunk.Size - place, maxLength - length);
                if (!TryReserve(file, number, part))
                {
                    break;
                }

                length += part;
            }

            return length;
        }
    }

    /// <summary>Takes note of what was written, and lets go of its chunks.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where room was made.</param>
    /// <param name="length">For how many bytes.</param>
    /// <param name="isWritten">Whether they are there now.</param>
    internal void Settle(CacheFile file, long offset, int length, bool isWritten)
    {
        lock (_sync)
        {
            _used -= length;
            for (int done = 0; done < length;)
            {
                (long number, long start) = Math.DivRem(offset + done, CacheChunk.Size);
                int part = (int)Math.Min(CacheChunk.Size - start, length - done);
                done += part;

                // None of a file that was closed meanwhile.
                if (!file.Chunks.TryGetValue(number, out CacheChunk? chunk))
                {
                    continue;
                }

                chunk.Holds--;
                if (isWritten)
                {
                    _used -= chunk.Length;
                    chunk.Add((int)start, (int)start + part);
                    _used += chunk.Length;
                    _counts = _counts with { Stored = _counts.Stored + part };
                }
            }
        }
    }

    /// <summary>Forgets all of a file, which is closed.</summary>
    internal void Forget(CacheFile file)
    {
        lock (_sync)
        {
            foreach (CacheChunk chunk in file.Chunks.Values)
            {
                _used -= chunk.Length;
                chunk.Clear();
            }

            file.Chunks.Clear();
            _chunks.RemoveAll(chunk => chunk.File == file);
            _hand = 0;
        }
    }

    private static IEnumerable<string> UsualFolders()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache && cache[0] == '/')
        {
            yield return $"{cache}/imagefs";
        }

        if (Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home && home[0] == '/')
        {
            yield return $"{home}/.cache/imagefs";
        }

        yield return "/var/cache/imagefs";
        yield return "/var/tmp";
        yield return "/tmp";
    }

    private FileDevice MakeIn(string folder, long length)
    {
        FileDescriptor descriptor = MakeUnnamed(folder);
        try
        {
            // Where nothing can be punched out there is no bound.
            FileWriting.SetLength(descriptor, length);
            Errno errno = FileWriting.PunchHole(descriptor, 0, length);
            if (errno != Errno.None)
            {
                throw new LinuxException("fallocate(FALLOC_FL_PUNCH_HOLE)", errno, folder);
            }
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }

        return FileDevice.Take(folder, descriptor);
    }

    // The bytes that follow one another from an offset on; each chunk with some of them is held so often.
    private static long Walk(CacheFile file, long offset, long maxLength, int hold)
    {
        long length = 0;
        while (length < maxLength)
        {
            (long number, long place) = Math.DivRem(offset + length, CacheChunk.Size);
            int count = file.Chunks.TryGetValue(number, out CacheChunk? chunk) ? chunk.LengthFrom((int)place) : 0;
            if (count == 0)
            {
                break;
            }

            chunk!.Holds += hold;
            chunk.WasUsed |= hold > 0;
            length += count;
            if (place + count < CacheChunk.Size)
            {
                break;
            }
        }

        return Math.Min(length, maxLength);
    }

    private bool TryReserve(CacheFile file, long number, int length)
    {
        if (file.Chunks.TryGetValue(number, out CacheChunk? chunk))
        {
            chunk.Holds++;
        }

        if (!MakeRoom(length))
        {
            if (chunk is not null)
            {
                chunk.Holds--;
            }

            return false;
        }

        if (chunk is null)
        {
            chunk = new CacheChunk(file, number) { Holds = 1 };
            file.Chunks.Add(number, chunk);
            _chunks.Add(chunk);
        }

        chunk.WasUsed = true;
        _used += length;
        return true;
    }

    private bool MakeRoom(int length)
    {
        int looks = MaxRounds * _chunks.Count;
        while (_used + length > maxBytes)
        {
            if (looks-- <= 0)
            {
                return false;
            }

            _hand = _hand < _chunks.Count ? _hand : 0;
            CacheChunk chunk = _chunks[_hand];
            if (chunk.Holds > 0 || chunk.WasUsed)
            {
                chunk.WasUsed = false;
                _hand++;
            }
            else
            {
                Drop(chunk);
            }
        }

        return true;
    }

    // Under the lock: who stores the same chunk anew must come after the hole.
    private void Drop(CacheChunk chunk)
    {
        _chunks[_hand] = _chunks[^1];
        _chunks.RemoveAt(_chunks.Count - 1);
        chunk.File.Chunks.Remove(chunk.Number);
        _counts = _counts with { Dropped = _counts.Dropped + chunk.Length };
        _used -= chunk.Length;
        long start = chunk.Number * CacheChunk.Size;
        _ = FileWriting.PunchHole(chunk.File.Device.Descriptor, start, Math.Min(CacheChunk.Size, chunk.File.Length - start));
    }
}
