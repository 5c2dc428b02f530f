namespace ImageFs.Storage.Containers.Optical;

/// <summary>What the sectors of a track hold.</summary>
public enum TrackKind
{
    /// <summary>588 samples of two channels of 16 bits, at 44.1 kHz (IEC 60908).</summary>
    Audio,

    /// <summary>2048 bytes with error correction (ECMA-130 14.3).</summary>
    Mode1,

    /// <summary>2336 bytes, mostly in the forms of CD-ROM XA: 2048 bytes (form 1), or 2324 without correction (form 2).</summary>
    Mode2,
}
