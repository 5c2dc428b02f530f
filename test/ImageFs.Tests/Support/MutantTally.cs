namespace ImageFs.Tests.Support;

/// <summary>
/// What became of the mutants of an image. A reader that refuses every image gives nothing but errors of a known kind: so a share of
/// the mutants has to open, and files of a share to be read.
/// </summary>
internal sealed class MutantTally
{
    private int _mutants;
    private int _opened;
    private int _read;
    private bool _isOpened;
    private bool _isRead;

    /// <summary>The next mutant comes.</summary>
    public void Next()
    {
        _mutants++;
        _isOpened = false;
        _isRead = false;
    }

    /// <summary>It has been opened.</summary>
    public void NoteOpened()
    {
        _opened += _isOpened ? 0 : 1;
        _isOpened = true;
    }

    /// <summary>Bytes of it have been read.</summary>
    public void NoteRead()
    {
        _read += _isRead ? 0 : 1;
        _isRead = true;
    }

    /// <summary>Asserts that a share of all mutants was opened, and that bytes of a share were read.</summary>
    /// <param name="opened">Of a hundred.</param>
    /// <param name="read">Of a hundred; 0 where nothing is read.</param>
    public void AssertShares(int opened, int read)
    {
        Assert.That(100 * _opened, Is.AtLeast(opened * _mutants), $"{_opened} of {_mutants} mutants open");
        Assert.That(100 * _read, Is.AtLeast(read * _mutants), $"{_read} of {_mutants} mutants are read");
    }
}
